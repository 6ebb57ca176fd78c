//! The number of which a majority is asked.
//!
//! Refuses to know why an elector is left out: the caller names the number,
//! the law names the reason.

use crate::Error;

/// A base and the parts it is made of, so that every page can show both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// Electors allotted by law.
    pub allotted: u32,
    /// Electors established as not appointed.
    pub not_appointed: u32,
    /// Electors the counting regime itself leaves out.
    pub removed: u32,
    /// `allotted − not_appointed − removed`.
    pub whole_number: u32,
}

/// Electors allotted, less those not appointed, less those the regime removes.
// Law: U.S. Const. amend. XII, text of 1804-06-15 ("the whole number of Electors appointed")
pub fn base(allotted: u32, not_appointed: u32, removed: u32) -> Result<Base, Error> {
    let out = not_appointed.checked_add(removed).ok_or(Error::Overflow)?;
    let whole_number =
        allotted.checked_sub(out).ok_or(Error::MoreRemovedThanAllotted { allotted, removed: out })?;
    Ok(Base { allotted, not_appointed, removed, whole_number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_appoints_nobody_leaves_the_base() {
        let b = base(538, 20, 0).unwrap();
        assert_eq!((b.whole_number, crate::needed(b.whole_number)), (518, 260));
    }

    #[test]
    fn more_cannot_be_left_out_than_were_allotted() {
        assert_eq!(base(3, 2, 2), Err(Error::MoreRemovedThanAllotted { allotted: 3, removed: 4 }));
    }
}
