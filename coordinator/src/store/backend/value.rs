//! The values that a store keeps: four types that every database has, and none.

/// A value in a column or in place of a `$1`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// None.
    Null,
    /// INTEGER, BIGINT.
    Integer(i64),
    /// REAL, DOUBLE PRECISION: kept bit for bit, except that no store keeps the sign of zero, and SQLite no NaN.
    Real(f64),
    /// TEXT, without NUL characters.
    Text(String),
    /// BLOB, BYTEA.
    Blob(Vec<u8>),
}

macro_rules! from {
    ($($type:ty: $value:ident => $to:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $to
            }
        }
    )*};
}

from! {
    i64: value => Self::Integer(value);
    u32: value => Self::Integer(value.into());
    bool: value => Self::Integer(value.into());
    // SQLite does not keep the sign of zero, so that no store does: -0 + 0 is 0.
    f64: value => Self::Real(value + 0.0);
    &str: value => Self::Text(value.to_owned());
    &String: value => Self::Text(value.clone());
    String: value => Self::Text(value);
    &[u8]: value => Self::Blob(value.to_vec());
    Vec<u8>: value => Self::Blob(value);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What a value can be read as; none where it is something else.
pub(crate) trait FromValue<'r>: Sized {
    fn from_value(value: &'r Value) -> Option<Self>;
}

impl<'r> FromValue<'r> for i64 {
    fn from_value(value: &'r Value) -> Option<Self> {
        match value {
            Value::Integer(value) => Some(*value),
            _ => None,
        }
    }
}

impl<'r> FromValue<'r> for u32 {
    fn from_value(value: &'r Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl<'r> FromValue<'r> for i32 {
    fn from_value(value: &'r Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl<'r> FromValue<'r> for bool {
    fn from_value(value: &'r Value) -> Option<Self> {
        Some(i64::from_value(value)? != 0)
    }
}

impl<'r> FromValue<'r> for f64 {
    fn from_value(value: &'r Value) -> Option<Self> {
        match value {
            Value::Real(value) => Some(*value),
            _ => None,
        }
    }
}

impl<'r> FromValue<'r> for &'r str {
    fn from_value(value: &'r Value) -> Option<Self> {
        match value {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }
}

impl<'r> FromValue<'r> for String {
    fn from_value(value: &'r Value) -> Option<Self> {
        <&str>::from_value(value).map(str::to_owned)
    }
}

impl<'r> FromValue<'r> for &'r [u8] {
    fn from_value(value: &'r Value) -> Option<Self> {
        match value {
            Value::Blob(value) => Some(value),
            _ => None,
        }
    }
}

impl<'r> FromValue<'r> for Vec<u8> {
    fn from_value(value: &'r Value) -> Option<Self> {
        <&[u8]>::from_value(value).map(<[u8]>::to_vec)
    }
}

impl<'r, T: FromValue<'r>> FromValue<'r> for Option<T> {
    fn from_value(value: &'r Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
