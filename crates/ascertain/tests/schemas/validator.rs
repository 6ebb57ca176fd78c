//! The part of JSON Schema 2020-12 that schemas/ uses, and nothing more: an unknown keyword stops the test. Not a test.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::pattern::Pattern;
use crate::run::root;

const ONE: [&str; 6] = ["additionalProperties", "propertyNames", "items", "not", "if", "then"];
const MANY: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Every file of schemas/, by name without ending.
pub struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// Reads the folder; stops at a keyword, reference or pattern that could not be checked later.
    pub fn read() -> Self {
        let mut all = BTreeMap::new();
        for entry in std::fs::read_dir(root().join("schemas")).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let name = file.strip_suffix(".schema.json").unwrap_or_else(|| panic!("{file}: no schema"));
            let schema: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(schema["$id"], format!("https://ascertain.invalid/schemas/{file}"));
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{file}");
            all.insert(name.to_owned(), schema);
        }
        let schemas = Self(all);
        schemas.0.iter().for_each(|(name, schema)| schemas.sound(name, schema));
        schemas
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is wrong with a document under `name` or `name#/$defs/part`; nothing if it is valid.
    pub fn faults(&self, schema: &str, document: &Value) -> Vec<String> {
        let (name, pointer) = schema.split_once('#').unwrap_or((schema, ""));
        let (name, schema) = self.resolve(name, &format!("#{pointer}"));
        let mut faults = Vec::new();
        self.apply(name, schema, document, "", &mut faults);
        faults
    }

    /// Every keyword is known, every reference leads somewhere, every pattern parses.
    fn sound(&self, name: &str, schema: &Value) {
        let Value::Object(keywords) = schema else {
            assert!(schema.is_boolean(), "{name}: {schema} is no schema");
            return;
        };
        for (keyword, argument) in keywords {
            match keyword.as_str() {
                "properties" | "$defs" => {
                    argument.as_object().unwrap().values().for_each(|s| self.sound(name, s));
                }
                k if ONE.contains(&k) || k == "else" => self.sound(name, argument),
                k if MANY.contains(&k) => {
                    argument.as_array().unwrap().iter().for_each(|s| self.sound(name, s));
                }
                "$ref" => assert!(!self.resolve(name, argument.as_str().unwrap()).1.is_null()),
                "pattern" => drop(Pattern::parse(argument.as_str().unwrap())),
                _ => self.keyword(name, keywords, (keyword, argument), &Value::Null, "", &mut Vec::new()),
            }
        }
    }

    fn resolve(&self, name: &str, reference: &str) -> (&str, &Value) {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let name = file.strip_suffix(".schema.json").unwrap_or(name);
        let found =
            self.0.get_key_value(name).and_then(|(name, s)| Some((name.as_str(), s.pointer(pointer)?)));
        found.unwrap_or_else(|| panic!("{name}: {reference} leads nowhere"))
    }

    fn holds(&self, name: &str, schema: &Value, v: &Value) -> bool {
        let mut faults = Vec::new();
        self.apply(name, schema, v, "", &mut faults);
        faults.is_empty()
    }

    fn apply(&self, name: &str, schema: &Value, v: &Value, at: &str, faults: &mut Vec<String>) {
        let Value::Object(keywords) = schema else {
            if schema == &Value::Bool(false) {
                faults.push(format!("{at}: may not stand here"));
            }
            return;
        };
        for keyword in keywords {
            self.keyword(name, keywords, keyword, v, at, faults);
        }
    }

    fn keyword(
        &self,
        name: &str,
        all: &Map<String, Value>,
        (keyword, argument): (&String, &Value),
        v: &Value,
        at: &str,
        faults: &mut Vec<String>,
    ) {
        let count =
            |parts: &Value| parts.as_array().unwrap().iter().filter(|s| self.holds(name, s, v)).count();
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "then" | "else" => true,
            "$ref" => {
                let (name, schema) = self.resolve(name, argument.as_str().unwrap());
                return self.apply(name, schema, v, at, faults);
            }
            "allOf" => {
                return argument.as_array().unwrap().iter().for_each(|s| self.apply(name, s, v, at, faults));
            }
            "anyOf" => count(argument) > 0,
            "oneOf" => count(argument) == 1,
            "not" => !self.holds(name, argument, v),
            "if" => {
                let branch = if self.holds(name, argument, v) { "then" } else { "else" };
                return all.get(branch).into_iter().for_each(|s| self.apply(name, s, v, at, faults));
            }
            "const" => v == argument,
            "enum" => argument.as_array().unwrap().contains(v),
            "type" => is_a(argument.as_str().unwrap(), v),
            "minimum" => integer(v).is_none_or(|n| n >= integer(argument).unwrap()),
            "maximum" => integer(v).is_none_or(|n| n <= integer(argument).unwrap()),
            "minItems" => v.as_array().is_none_or(|a| a.len() >= length(argument)),
            "maxItems" => v.as_array().is_none_or(|a| a.len() <= length(argument)),
            "minLength" => v.as_str().is_none_or(|s| s.chars().count() >= length(argument)),
            "pattern" => v.as_str().is_none_or(|s| Pattern::parse(argument.as_str().unwrap()).matches(s)),
            "items" => {
                for (n, item) in v.as_array().into_iter().flatten().enumerate() {
                    self.apply(name, argument, item, &format!("{at}/{n}"), faults);
                }
                true
            }
            _ => return self.of_object(name, all, (keyword, argument), v, at, faults),
        };
        if !holds {
            faults.push(format!("{at}: not as `{keyword}` {argument} says"));
        }
    }

    fn of_object(
        &self,
        name: &str,
        all: &Map<String, Value>,
        (keyword, argument): (&String, &Value),
        v: &Value,
        at: &str,
        faults: &mut Vec<String>,
    ) {
        let none = Map::new();
        let object = v.as_object().unwrap_or(&none);
        let mut needs = |keys: &Value| {
            for key in keys.as_array().unwrap().iter().map(|k| k.as_str().unwrap()) {
                if v.is_object() && !object.contains_key(key) {
                    faults.push(format!("{at}: `{key}` is missing"));
                }
            }
        };
        match keyword.as_str() {
            "required" => needs(argument),
            "dependentRequired" => {
                let given = argument.as_object().unwrap().iter().filter(|(key, _)| object.contains_key(*key));
                given.for_each(|(_, keys)| needs(keys));
            }
            "properties" => {
                for (key, schema) in argument.as_object().unwrap() {
                    object.get(key).into_iter().for_each(|v| {
                        self.apply(name, schema, v, &format!("{at}/{key}"), faults);
                    });
                }
            }
            "additionalProperties" => {
                let known = all.get("properties").and_then(Value::as_object);
                for (key, v) in object.iter().filter(|(k, _)| known.is_none_or(|p| !p.contains_key(*k))) {
                    self.apply(name, argument, v, &format!("{at}/{key}"), faults);
                }
            }
            "propertyNames" => {
                for key in object.keys() {
                    self.apply(name, argument, &Value::from(key.as_str()), &format!("{at}/{key}"), faults);
                }
            }
            other => panic!("{name}: `{other}` is no keyword this validator knows"),
        }
    }
}

fn is_a(kind: &str, v: &Value) -> bool {
    match kind {
        "object" => v.is_object(),
        "array" => v.is_array(),
        "string" => v.is_string(),
        "boolean" => v.is_boolean(),
        "integer" => integer(v).is_some(),
        "null" => v.is_null(),
        other => panic!("`{other}` is no type this validator knows"),
    }
}

fn integer(v: &Value) -> Option<i128> {
    v.as_i64().map(i128::from).or_else(|| v.as_u64().map(i128::from))
}

fn length(v: &Value) -> usize {
    usize::try_from(v.as_u64().unwrap()).unwrap()
}
