//! The classes of Fashion-MNIST by name and number.

/// The classes, each at its number.
pub(crate) const CLASSES: [&str; 10] = [
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle-boot",
];
/// A class by its name or number.
pub(crate) fn class(name: &str) -> Option<u8> {
    (0..10).find(|&number| name == CLASSES[usize::from(number)] || name == number.to_string())
}

/// The class whose name is nearest to a mistyped one, if any is near.
pub(crate) fn nearest_class(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase().replace(['_', ' '], "-");
    let likeness = |class: &&str| strsim::jaro_winkler(&name, class);
    let nearest = CLASSES.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.filter(|class| likeness(class) > 0.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        assert_eq!(
            (class("t-shirt"), class("0"), class("ankle-boot"), class("9")),
            (Some(0), Some(0), Some(9), Some(9))
        );
        assert_eq!(
            (class("10"), class("07"), class("Sneaker"), class("")),
            (None, None, None, None)
        );
    }

    #[test]
    fn the_nearest_name() {
        let nearest = ["tshirt", "Trousers", "ankle_boot", "hat-rack"].map(nearest_class);
        assert_eq!(nearest, [Some("t-shirt"), Some("trouser"), Some("ankle-boot"), None]);
    }
}
