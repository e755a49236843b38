//! A value as JSON, bit for bit: a blob is `{"hex": "..."}`, a number that JSON has not is `{"real": "..."}`, its bits in
//! hexadecimal.

use crate::store::backend::Value;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Null(()),
    Integer(i64),
    Real(f64),
    Text(String),
    Encoded(Encoded),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Encoded {
    Hex(String),
    Real(String),
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null(()),
            Value::Integer(value) => Self::Integer(value),
            Value::Real(value) if value.is_finite() => Self::Real(value),
            Value::Real(value) => Self::Encoded(Encoded::Real(format!("{:016x}", value.to_bits()))),
            Value::Text(value) => Self::Text(value),
            Value::Blob(bytes) => Self::Encoded(Encoded::Hex(hex(&bytes))),
        }
    }
}

impl Cell {
    /// The value; none where it is no value's.
    pub fn into_value(self) -> Option<Value> {
        Some(match self {
            Self::Null(()) => Value::Null,
            Self::Integer(value) => Value::Integer(value),
            Self::Real(value) => Value::Real(value),
            Self::Text(value) => Value::Text(value),
            Self::Encoded(Encoded::Hex(text)) => Value::Blob(bytes(&text)?),
            Self::Encoded(Encoded::Real(text)) => Value::Real(f64::from_bits(u64::from_str_radix(&text, 16).ok()?)),
        })
    }
}

/// Bytes in hexadecimal, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_bit_for_bit() {
        let reals = [
            0.0,
            -0.0,
            1.0,
            0.1,
            -1e300,
            f64::MIN_POSITIVE,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        let reals = reals.into_iter().map(Value::Real);
        let others = [
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Integer(i64::MAX),
            Value::Text("ü\n\"{".into()),
            Value::Blob((0..=255).collect()),
            Value::Blob(vec![]),
        ];
        for value in reals.chain(others) {
            let json = serde_json::to_string(&Cell::from(value.clone())).unwrap();
            let back = serde_json::from_str::<Cell>(&json).unwrap().into_value().unwrap();
            match (&value, &back) {
                (Value::Real(a), Value::Real(b)) => assert_eq!(a.to_bits(), b.to_bits(), "{json}"),
                _ => assert_eq!(value, back, "{json}"),
            }
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for json in [r#"{"hex": "abc"}"#, r#"{"hex": "zz"}"#, r#"{"real": "x"}"#] {
            assert!(
                serde_json::from_str::<Cell>(json).unwrap().into_value().is_none(),
                "{json}"
            );
        }
        for json in [r#"{"base64": "ab"}"#, "[1]", "true"] {
            assert!(serde_json::from_str::<Cell>(json).is_err(), "{json}");
        }
    }
}
