//! A secret of 32 bytes split so that any `needed` of the shares give it back, and fewer say nothing about it.
//!
//! Refuses to know what the secret is of, and to tell a wrong share from a right one: the caller does.
// Spec: A. Shamir, How to share a secret, CACM 22 (1979); each byte a point over GF(256), x^8+x^4+x^3+x+1

use zeroize::Zeroizing;

/// Bytes of a secret, and of a share.
pub const LONG: usize = 32;

/// A share: where the polynomials were asked, from 1, and their values there.
#[derive(Clone, PartialEq, Eq)]
pub struct Share {
    /// From 1.
    pub number: u8,
    /// A value for each byte of the secret.
    pub values: Zeroizing<[u8; LONG]>,
}

/// Shares 1 to `of`. `chance` is the polynomials but for their constants: `needed - 1` blocks of random bytes, used once.
#[must_use]
pub fn split(secret: &[u8; LONG], chance: &[Zeroizing<[u8; LONG]>], of: u8) -> Vec<Share> {
    (1..=of).map(|number| Share { number, values: at(secret, chance, number) }).collect()
}

/// The polynomials at `x`, from the highest power down.
fn at(secret: &[u8; LONG], chance: &[Zeroizing<[u8; LONG]>], x: u8) -> Zeroizing<[u8; LONG]> {
    let mut sum = Zeroizing::new([0; LONG]);
    for block in chance.iter().map(|block| &**block).rev().chain(std::iter::once(secret)) {
        for (s, b) in sum.iter_mut().zip(block) {
            *s = mul(*s, x) ^ b;
        }
    }
    sum
}

/// The secret that exactly as many shares as are needed lead to; nothing if there are none, or two of one number.
#[must_use]
pub fn combined(shares: &[Share]) -> Option<Zeroizing<[u8; LONG]>> {
    let mut secret = Zeroizing::new([0; LONG]);
    for (n, share) in shares.iter().enumerate() {
        let others = shares.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, other)| other.number);
        let mut weight = 1;
        for x in others {
            if x == share.number {
                return None;
            }
            weight = mul(weight, mul(x, inverse(x ^ share.number)));
        }
        for (s, v) in secret.iter_mut().zip(share.values.iter()) {
            *s ^= mul(*v, weight);
        }
    }
    (!shares.is_empty()).then_some(secret)
}

/// A product in the field, in a time that no factor changes.
fn mul(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8_u32 {
        let mask = 0_u8.wrapping_sub(b.wrapping_shr(bit) & 1);
        product ^= a & mask;
        let carry = 0_u8.wrapping_sub(a.wrapping_shr(7));
        a = a.wrapping_shl(1) ^ (carry & 0x1b);
    }
    product
}

/// `a` to the 254th power: its inverse, and 0 of 0.
fn inverse(a: u8) -> u8 {
    // 254 is 2 + 4 + 8 + 16 + 32 + 64 + 128.
    let (mut power, mut product) = (a, 1);
    for _ in 0..7 {
        power = mul(power, power);
        product = mul(product, power);
    }
    product
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "small numbers in a test")]

    use super::*;

    /// The product by the book: the polynomials multiplied, then reduced.
    fn by_the_book(a: u8, b: u8) -> u8 {
        let mut wide = 0_u16;
        for bit in 0..8 {
            if b >> bit & 1 == 1 {
                wide ^= u16::from(a) << bit;
            }
        }
        for bit in (8..16).rev() {
            if wide >> bit & 1 == 1 {
                wide ^= 0x11b << (bit - 8);
            }
        }
        u8::try_from(wide).unwrap()
    }

    #[test]
    fn the_field_is_a_field() {
        for a in 0..=255 {
            for b in 0..=255 {
                assert_eq!(mul(a, b), by_the_book(a, b), "{a} * {b}");
            }
            assert_eq!(mul(a, inverse(a)), u8::from(a != 0), "{a}");
        }
        // FIPS 197 § 4.2.
        assert_eq!((mul(0x57, 0x83), mul(0x57, 0x13)), (0xc1, 0xfe));
    }

    fn padded(bytes: &[u8]) -> [u8; LONG] {
        let mut out = [0; LONG];
        out[..bytes.len()].copy_from_slice(bytes);
        out
    }

    /// draft-mcgrew-tss-03 § 9: two of two, the secret `test`.
    #[test]
    fn the_published_vector() {
        let secret = padded(b"test\0");
        let shares = [[0xb9, 0xfa, 0x07, 0xe1, 0x85], [0xf5, 0x40, 0x9b, 0x45, 0x11]];
        let chance = padded(&[0x74 ^ 0xb9, 0x65 ^ 0xfa, 0x73 ^ 0x07, 0x74 ^ 0xe1, 0x85]);
        let made = split(&secret, &[Zeroizing::new(chance)], 2);
        for (share, published) in made.iter().zip(shares) {
            assert_eq!(share.values[..5], published, "share {}", share.number);
        }
        assert_eq!(*combined(&made).unwrap(), secret);
    }

    fn blocks(needed: u8) -> Vec<Zeroizing<[u8; LONG]>> {
        let byte = |n: u8, i: usize| record::digest::sha256(&[n, u8::try_from(i).unwrap()]).0[0];
        (1..needed).map(|n| Zeroizing::new(std::array::from_fn(|i| byte(n, i)))).collect()
    }

    #[test]
    fn every_set_of_enough_gives_it_back_and_none_of_fewer() {
        let secret = std::array::from_fn(|i| u8::try_from(i * 7 % 256).unwrap());
        for of in 1..=6_u8 {
            for needed in 1..=of {
                let shares = split(&secret, &blocks(needed), of);
                for set in 1_u32..1 << of {
                    let some: Vec<Share> =
                        shares.iter().filter(|s| set >> (s.number - 1) & 1 == 1).cloned().collect();
                    let given = *combined(&some).unwrap() == secret;
                    assert_eq!(given, some.len() >= usize::from(needed), "{needed} of {of}, set {set:b}");
                }
            }
        }
    }

    /// Whatever the secret is, there is one polynomial through one share of two: so the share says nothing.
    #[test]
    fn one_share_of_two_fits_every_secret_once() {
        for secret in 0..=255_u8 {
            let fits = |a: &u8| at(&[secret; LONG], &[Zeroizing::new([*a; LONG])], 3)[0] == 0x5a;
            assert_eq!((0..=255_u8).filter(fits).count(), 1, "{secret}");
        }
    }

    #[test]
    fn all_255_can_have_one_and_two_of_one_number_are_refused() {
        let secret = [0xa5; LONG];
        let shares = split(&secret, &blocks(255), 255);
        assert_eq!((shares.len(), *combined(&shares).unwrap()), (255, secret));
        assert!(combined(&[shares[0].clone(), shares[0].clone()]).is_none());
        assert!(combined(&[]).is_none());
    }
}
