//! Values of hyperparameters for people, with their units.

/// `value` of the hyperparameter `name`, to three digits, with its unit where that is short.
pub(super) fn value(name: &str, value: f64) -> String {
    format!("{}{}", rounded(value), suffix(name))
}

/// What a hyperparameter is measured in; none where it is a plain number.
pub(super) fn unit(name: &str) -> Option<&'static str> {
    let own = name.rsplit('.').next().unwrap_or(name);
    Some(match own {
        _ if own.ends_with("_deg") => "degrees",
        _ if own.ends_with("_px") => "pixels",
        "area" => "fraction of the image",
        "aspect" => "width over height",
        "length" | "width" | "amplitude" | "shift_x" | "shift_y" => "fraction of the side",
        "sigma" | "brightness" => "where white is 1",
        "contrast" | "saturation" => "factor",
        "strength" => "share that is seen",
        _ => return None,
    })
}

fn suffix(name: &str) -> &'static str {
    let spread_of = name.strip_suffix("_spread");
    // The spread of anything but an angle is that of a raw number, which has no unit.
    match spread_of.unwrap_or(name) {
        own if own.ends_with("_deg") => "\u{b0}",
        own if own.ends_with("_px") && spread_of.is_none() => " px",
        _ => "",
    }
}

/// Three significant digits, without zeros at the end.
fn rounded(value: f64) -> String {
    if value.abs() < 1e-5 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (2 - magnitude).clamp(0, 7) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        assert_eq!(value("angle_deg", 35.999_999), "36\u{b0}");
        assert_eq!(value("blur.sigma_px", 0.05), "0.05 px");
        assert_eq!(value("area", 0.010_000_24), "0.01");
        assert_eq!(value("shift_x", -0.249_9), "-0.25");
        assert_eq!(value("amplitude", 1e-7), "0");
        assert_eq!(value("angle_deg_spread", 20.0), "20\u{b0}");
        assert_eq!(value("sigma_px_spread", 1.0), "1");
        assert_eq!(value("contrast", 1234.6), "1235");
    }
}
