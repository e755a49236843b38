//! Every format and kind of pixels, from files written here.

use super::{encoded, load, screws, write};
use image::{
    ColorType, DynamicImage, ImageBuffer, ImageEncoder, ImageFormat, Rgba, codecs::png::PngEncoder,
    codecs::tiff::TiffEncoder,
};

/// Four fields of one colour each, 32 x 48; alpha is 0 in some, and means nothing.
const COLOURS: [[u8; 4]; 4] = [
    [200, 30, 90, 255],
    [0, 255, 10, 0],
    [17, 17, 230, 128],
    [255, 250, 0, 1],
];
const GREYS: [[u8; 4]; 4] = [
    [200, 200, 200, 255],
    [0, 0, 0, 0],
    [17, 17, 17, 128],
    [255, 255, 255, 1],
];

fn picture(fields: [[u8; 4]; 4], kind: ColorType) -> DynamicImage {
    let wide = ImageBuffer::from_fn(32, 48, |x, y| {
        let field = fields[usize::from(y >= 24) * 2 + usize::from(x >= 16)];
        Rgba(field.map(|sample| u16::from(sample) * 257))
    });
    let wide = DynamicImage::ImageRgba16(wide);
    match kind {
        ColorType::L8 => wide.to_luma8().into(),
        ColorType::La8 => wide.to_luma_alpha8().into(),
        ColorType::Rgb8 => wide.to_rgb8().into(),
        ColorType::Rgba8 => wide.to_rgba8().into(),
        ColorType::L16 => wide.to_luma16().into(),
        ColorType::La16 => wide.to_luma_alpha16().into(),
        ColorType::Rgb16 => wide.to_rgb16().into(),
        _ => wide,
    }
}

/// What loading makes of a file: its planes of 8 x 8.
fn read(name: &str, bytes: &[u8], colour: bool) -> Vec<Vec<f32>> {
    let folder = screws(4);
    write(&folder, &format!("screws/validation/{name}"), bytes);
    let images = load(&folder, colour).unwrap().validation;
    assert_eq!(
        (images.channels, images.height, images.width),
        (if colour { 3 } else { 1 }, 8, 8)
    );
    images.image(0).chunks(64).map(<[f32]>::to_vec).collect()
}

/// The same planes of the fields alone.
fn expected(fields: [[u8; 4]; 4], colour: bool) -> Vec<Vec<f32>> {
    let plane = |value: &dyn Fn([f64; 3]) -> f64| {
        let field = |at: usize| fields[at / 32 * 2 + usize::from(at % 8 >= 4)];
        let values = |at| value([0, 1, 2].map(|c| f64::from(field(at)[c]) / 255.0)) as f32;
        (0..64).map(values).collect()
    };
    match colour {
        true => (0..3).map(|c| plane(&|rgb| rgb[c])).collect(),
        false => vec![plane(&|[r, g, b]| 0.2126 * r + 0.7152 * g + 0.0722 * b)],
    }
}

fn near(found: &[Vec<f32>], expected: &[Vec<f32>], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() <= tolerance, "{what}: {found} for {expected}");
    }
}

#[test]
fn every_format_and_kind_of_pixels() {
    use ColorType::{L8, L16, La8, La16, Rgb8, Rgb16, Rgba8, Rgba16};
    let cases: [(ImageFormat, &[ColorType], f32); 5] = [
        (
            ImageFormat::Png,
            &[L8, La8, Rgb8, Rgba8, L16, La16, Rgb16, Rgba16],
            1e-6,
        ),
        (ImageFormat::Bmp, &[L8, Rgb8, Rgba8], 1e-6),
        (ImageFormat::Tiff, &[L8, Rgb8, Rgba8, L16, Rgb16, Rgba16], 1e-6),
        (ImageFormat::WebP, &[L8, La8, Rgb8, Rgba8], 1e-6),
        // Lossy, and its colours have half the resolution.
        (ImageFormat::Jpeg, &[L8, Rgb8], 0.04),
    ];
    for (format, kinds, tolerance) in cases {
        for &kind in kinds {
            let fields = if kind.has_color() { COLOURS } else { GREYS };
            let bytes = encoded(&picture(fields, kind), format);
            for colour in [false, true] {
                let what = format!("{format:?} {kind:?} colour {colour}");
                // The content tells the format, not the name.
                near(
                    &read("a.dat", &bytes, colour),
                    &expected(fields, colour),
                    tolerance,
                    &what,
                );
            }
        }
    }
}

/// A PNG of the fields as numbers 0 to 3, of few bits.
fn indexed(kind: png::ColorType, palette: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 32, 48);
    encoder.set_color(kind);
    encoder.set_depth(png::BitDepth::Two);
    if let Some(palette) = palette {
        encoder.set_palette(palette);
    }
    let row = |y: usize| if y < 24 { [0x00, 0x55] } else { [0xaa, 0xff] };
    let rows: Vec<u8> = (0..48)
        .flat_map(|y| row(y).into_iter().flat_map(|byte| [byte; 4]))
        .collect();
    encoder.write_header().unwrap().write_image_data(&rows).unwrap();
    bytes
}

#[test]
fn palettes_and_few_bits() {
    let palette = COLOURS.iter().flat_map(|c| c[..3].to_vec()).collect();
    let bytes = indexed(png::ColorType::Indexed, Some(palette));
    near(&read("a.png", &bytes, true), &expected(COLOURS, true), 1e-6, "palette");
    let thirds = [0, 85, 170, 255].map(|level| [level; 4]);
    let bytes = indexed(png::ColorType::Grayscale, None);
    near(
        &read("a.png", &bytes, false),
        &expected(thirds, false),
        1e-6,
        "two bits",
    );
}

#[test]
fn sixteen_bits_keep_what_eight_would_lose() {
    let image = ImageBuffer::from_pixel(9, 9, image::Luma([1000_u16]));
    let plane = read("a.png", &super::png(&image.into()), false);
    assert_eq!(plane[0], [1000.0 / 65535.0; 64]);
}

#[test]
fn photographs_stand_upright() {
    // Exif: little-endian, one entry, orientation (0x0112), u16, "turn by 90 degrees clockwise".
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let image = picture(GREYS, ColorType::L8);
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif).unwrap();
    encoder
        .write_image(image.as_bytes(), 32, 48, image.color().into())
        .unwrap();
    let [a, b, c, d] = GREYS;
    near(
        &read("a.png", &bytes, false),
        &expected([c, a, d, b], false),
        1e-6,
        "turned",
    );
}

#[test]
fn floating_point_pixels_are_refused() {
    let folder = screws(4);
    let image = DynamicImage::from(picture(COLOURS, ColorType::Rgb8).to_rgb32f());
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_with_encoder(TiffEncoder::new(&mut bytes)).unwrap();
    write(&folder, "screws/validation/a.tiff", &bytes.into_inner());
    insta::assert_snapshot!(super::faults::text(&folder), @"FOLDER/screws/validation/a.tiff is of a kind that can't be decoded (floating-point pixels); convert it to PNG with 8 or 16 bits a channel");
}
