//! What somebody probably meant.

/// The candidate most like `text`, if one is like it at all.
pub(crate) fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // WHY: the distance takes time proportional to both lengths, and a name that long is no slip of the hand.
    if text.len() > 100 {
        return None;
    }
    let lower = text.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_recognised() {
        let table = [
            ("windw", Some("window")),
            ("Window", Some("window")),
            ("limits", Some("limit")),
            ("liimt", Some("limit")),
            ("rate", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(nearest(text, ["limit", "window"]), expected, "{text}");
        }
        assert_eq!(nearest(&"window".repeat(100), ["window"]), None);
    }
}
