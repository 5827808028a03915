//! Numbers of devices.

use super::super::form::{Form, Step, some};

/// Equipment identity of a mobile telephone, 3GPP TS 23.003: type, serial, Luhn.
pub(in super::super) const IMEI: Form = Form {
    telling: &[],
    shapes: &["99-999999-999999-9", "99 999999 999999 9", "999999999999999"],
    steps: &[some(0..15), Step::Luhn(0)],
};

#[cfg(test)]
mod tests {
    use super::super::super::number::tests::truth;
    use super::*;

    #[test]
    fn equipment_has_the_check_digit_of_cards() {
        truth(
            &IMEI,
            &["490154203237518", "49-015420-323751-8"],
            &["490154203237519", "000000000000000"],
        );
    }
}
