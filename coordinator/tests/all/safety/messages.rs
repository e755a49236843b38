//! Messages that can be read and say nonsense: each field of its own type, with values at the edges.

use super::malformed::Draw;
use augur_proto::v1;
use prost::{
    Message,
    encoding::{WireType, encode_key, encode_varint},
};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};
use std::collections::HashMap;

/// Messages within messages.
const DEPTH: usize = 4;

/// The shapes of all messages, and what each call takes.
pub struct Shapes {
    messages: HashMap<String, DescriptorProto>,
    requests: HashMap<String, String>,
}

impl Shapes {
    pub fn read() -> Self {
        let files = FileDescriptorSet::decode(v1::FILE_DESCRIPTOR_SET).unwrap().file;
        let (mut messages, mut requests) = (HashMap::new(), HashMap::new());
        for file in files {
            for message in &file.message_type {
                add(&mut messages, format!(".{}", file.package()), message);
            }
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                    requests.insert(path, method.input_type().to_owned());
                }
            }
        }
        Self { messages, requests }
    }

    /// A request for this call; none of services that aren't augur's.
    pub fn request(&self, path: &str, draw: &mut Draw) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(self.requests.get(path)?, draw, &mut bytes, DEPTH);
        Some(bytes)
    }

    fn write(&self, name: &str, draw: &mut Draw, to: &mut Vec<u8>, depth: usize) {
        for field in &self.messages[name].field {
            for _ in 0..draw.one(&[0, 1, 1, 1, 3]) {
                self.field(field, draw, to, depth);
            }
        }
    }

    fn field(&self, field: &FieldDescriptorProto, draw: &mut Draw, to: &mut Vec<u8>, depth: usize) {
        let number = u32::try_from(field.number()).unwrap();
        match field.r#type() {
            Type::String => write_bytes(number, text(draw).as_bytes(), to),
            Type::Bytes => write_bytes(number, &draw.bytes(300), to),
            Type::Message if depth == 0 => {}
            Type::Message => {
                let mut inner = Vec::new();
                self.write(field.type_name(), draw, &mut inner, depth - 1);
                write_bytes(number, &inner, to);
            }
            Type::Double => {
                encode_key(number, WireType::SixtyFourBit, to);
                let values = [
                    0.0,
                    -0.0,
                    f64::NAN,
                    f64::INFINITY,
                    f64::MIN,
                    f64::MIN_POSITIVE,
                    1e300,
                    0.5,
                ];
                to.extend(draw.one(&values).to_le_bytes());
            }
            _ => {
                encode_key(number, WireType::Varint, to);
                let values = [
                    0,
                    1,
                    2,
                    7,
                    255,
                    1 << 31,
                    u64::from(u32::MAX),
                    u64::MAX,
                    1 << 63,
                    1_000_000,
                ];
                encode_varint(draw.one(&values), to);
            }
        }
    }
}

fn add(messages: &mut HashMap<String, DescriptorProto>, within: String, message: &DescriptorProto) {
    let name = format!("{within}.{}", message.name());
    for inner in &message.nested_type {
        add(messages, name.clone(), inner);
    }
    messages.insert(name, message.clone());
}

fn write_bytes(number: u32, bytes: &[u8], to: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, to);
    encode_varint(bytes.len() as u64, to);
    to.extend(bytes);
}

/// Names that are nearly right, and other things that somebody once wrote.
fn text(draw: &mut Draw) -> String {
    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    draw.one(&[
        String::new(),
        ID.into(),
        format!("sweeps/{ID}"),
        format!("sweeps/{ID}/trials/{ID}"),
        format!("sweeps/{ID}/trials/-"),
        "sweeps/small".into(),
        "sweeps//".into(),
        "workers/..".into(),
        "sweeps/../../etc/passwd\0".into(),
        "ä\u{202e}\u{0}\u{10ffff}".repeat(30),
        "x".repeat(5000),
        "'; DROP TABLE sweeps; --".into(),
        "state = COMPLETED AND task = \"a".into(),
        "state = COMPLETED AND seed = 99999999999999999999".into(),
        "validation_loss desc".into(),
        crate::support::SPEC.into(),
        crate::support::SPEC.replace("seeds: [0, 1]", "seeds: [18446744073709551615, -1]"),
        format!("a: &a [x]\nb: {}", "*a ".repeat(50)),
        "[".repeat(5000),
        "MTAwMDAwMDAwMDAwMDAwMDAwMDAw".into(),
        augur_proto::API_VERSION.into(),
    ])
}
