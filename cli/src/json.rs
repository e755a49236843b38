//! What machines read: messages of the API in protobuf's JSON, with the names that the .proto files have.
//!
//! One schema for every `--json`: that of `augur.v1`. Fields without a value are left out only where they are optional; whole
//! numbers of 64 bits are strings, moments are RFC 3339, as protobuf prescribes.

use crate::failure::{Exit, Failure};
use augur_proto::v1::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::{Value, value::Serializer};
use std::sync::LazyLock;

static POOL: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).ok());

/// The message of that name, such as `Sweep`, as JSON.
///
/// # Errors
/// None is known: every message of the API has its descriptor.
pub fn value(name: &str, message: &impl Message) -> Result<Value, Failure> {
    let unwritable = |why: String| Failure::new(Exit::Unexpected, format!("{name} can't be written as JSON: {why}"));
    let descriptor = POOL
        .as_ref()
        .and_then(|pool| pool.get_message_by_name(&format!("augur.v1.{name}")));
    let descriptor = descriptor.ok_or_else(|| unwritable("it has no descriptor".into()))?;
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic
        .transcode_from(message)
        .map_err(|error| unwritable(error.to_string()))?;
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .skip_default_fields(false);
    dynamic
        .serialize_with_options(Serializer, &options)
        .map_err(|error| unwritable(error.to_string()))
}

/// The same on lines, for people to read as well.
///
/// # Errors
/// As [`value`].
pub fn pretty(name: &str, message: &impl Message) -> Result<String, Failure> {
    Ok(format!("{:#}\n", value(name, message)?))
}

/// The same on one line.
///
/// # Errors
/// As [`value`].
pub fn line(name: &str, message: &impl Message) -> Result<String, Failure> {
    Ok(format!("{}\n", value(name, message)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_proto::v1;

    #[test]
    fn messages_have_the_names_of_the_api_and_zeroes_are_there() {
        let sweep = v1::Sweep {
            name: "sweeps/s".into(),
            state: v1::SweepState::Running.into(),
            create_time: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
            progress: Some(v1::Progress::default()),
            ..Default::default()
        };
        let json = value("Sweep", &sweep).unwrap();
        assert_eq!(json["state"], "SWEEP_STATE_RUNNING");
        assert_eq!(json["create_time"], "1970-01-01T00:00:01Z");
        assert_eq!(json["progress"]["trials_failed"], 0);
        assert!(json.get("end_time").is_none());
    }

    #[test]
    fn numbers_that_json_does_not_have_are_strings() {
        let measurement = v1::Measurement {
            training_loss: f64::NAN,
            ..Default::default()
        };
        assert_eq!(value("Measurement", &measurement).unwrap()["training_loss"], "NaN");
    }
}
