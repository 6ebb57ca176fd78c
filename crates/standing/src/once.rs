//! Maps in which no key stands twice: a second value for a person is an error,
//! never the one that counts.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// A map read with every key once.
struct Once<K, V>(BTreeMap<K, V>);

impl<'de, K, V> Deserialize<'de> for Once<K, V>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Keys(PhantomData))
    }
}

struct Keys<K, V>(PhantomData<(K, V)>);

impl<'de, K, V> Visitor<'de> for Keys<K, V>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    type Value = Once<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = from.next_entry::<K, V>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            map.insert(key, value);
        }
        Ok(Once(map))
    }
}

/// Reads an optional map.
pub(crate) fn map<'de, D, K, V>(from: D) -> Result<Option<BTreeMap<K, V>>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    Ok(Option::<Once<K, V>>::deserialize(from)?.map(|m| m.0))
}

type Nested<J, K, V> = BTreeMap<J, BTreeMap<K, V>>;

/// Reads an optional map of maps.
pub(crate) fn maps<'de, D, J, K, V>(from: D) -> Result<Option<Nested<J, K, V>>, D::Error>
where
    D: Deserializer<'de>,
    J: Deserialize<'de> + Ord + fmt::Display,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    let read = Option::<Once<J, Once<K, V>>>::deserialize(from)?;
    Ok(read.map(|m| m.0.into_iter().map(|(k, v)| (k, v.0)).collect()))
}

/// Reads a map that must be there.
pub(crate) fn needed<'de, D, K, V>(from: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    Ok(Once::<K, V>::deserialize(from)?.0)
}

type Deep<I, J, K, V> = Option<BTreeMap<I, Nested<J, K, V>>>;

/// Reads an optional map of maps of maps.
pub(crate) fn map_of_maps<'de, D, I, J, K, V>(from: D) -> Result<Deep<I, J, K, V>, D::Error>
where
    D: Deserializer<'de>,
    I: Deserialize<'de> + Ord + fmt::Display,
    J: Deserialize<'de> + Ord + fmt::Display,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    let read = Option::<Once<I, Once<J, Once<K, V>>>>::deserialize(from)?;
    let inner = |m: Once<J, Once<K, V>>| m.0.into_iter().map(|(k, v)| (k, v.0)).collect();
    Ok(read.map(|m| m.0.into_iter().map(|(k, v)| (k, inner(v))).collect()))
}
