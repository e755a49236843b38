//! Small pictures of what a trial saw and made, for reports: made in the slot's child, which reads no label.

use super::{
    images::LastImages,
    protocol::{Draw, Drawn},
};
use crate::preview::tile;
use augur_core::{
    picture::{MediaType, PictureKind},
    plan::Method,
};
use augur_data::{DataError, Images};
use augur_train::{augment::AugmentError, preview::Preview};
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{DynamicImage, ImageError, codecs::jpeg::JpegEncoder, imageops::FilterType};
use std::io::Cursor;
use thiserror::Error;

/// Pixels of a picture's longer side at most.
const LARGEST: u32 = 96;
/// Up to here nothing is lost.
const LOSSLESS: u32 = 48;
/// Of a JPEG, of 100.
const QUALITY: u8 = 85;

/// Why there are no pictures.
#[derive(Debug, Error)]
pub(super) enum DrawError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("the augmentation can't be shown: {0}")]
    Augment(#[from] AugmentError),
    #[error("a picture can't be encoded: {0}")]
    Encode(#[from] ImageError),
    #[error("the task has no validation image {0}")]
    NoImage(u32),
}

/// The pictures that are wanted, in the order in which they are shown.
pub(super) fn draw(wanted: &Draw, images: &mut LastImages) -> Result<Vec<Drawn>, DrawError> {
    let Draw { spec, tuned, .. } = wanted;
    let images = &images.of(spec, &wanted.base_dir, &wanted.sweep)?.images;
    let shown = (wanted.training as usize).min(images.train.count);
    let training: Vec<_> = (0..shown as u32).collect();
    let mut drawn = pictures(PictureKind::Training, &images.train, &training)?;
    if let Method::Augmented { family, .. } = &spec.method {
        let preview = Preview::new(&images.train, shown, spec.seed, spec.resources.threads);
        let augmented = preview.augmented(family, tuned, 0)?;
        drawn.extend(pictures(PictureKind::Augmented, &augmented, &training)?);
    }
    for (kind, places) in [
        (PictureKind::Highest, &wanted.highest),
        (PictureKind::Lowest, &wanted.lowest),
    ] {
        drawn.extend(pictures(kind, &images.validation, places)?);
    }
    Ok(drawn)
}

/// The images at `places` as pictures.
fn pictures(kind: PictureKind, images: &Images, places: &[u32]) -> Result<Vec<Drawn>, DrawError> {
    let picture = |&image: &u32| {
        if image as usize >= images.count {
            return Err(DrawError::NoImage(image));
        }
        let (media_type, data) = encoded(images, image as usize)?;
        Ok(Drawn {
            kind,
            media_type,
            image,
            data: STANDARD.encode(data),
        })
    };
    places.iter().map(picture).collect()
}

fn encoded(images: &Images, index: usize) -> Result<(MediaType, Vec<u8>), ImageError> {
    let mut picture = DynamicImage::ImageRgb8(tile(images, index));
    if images.channels == 1 {
        picture = DynamicImage::ImageLuma8(picture.to_luma8());
    }
    let mut data = Cursor::new(Vec::new());
    if picture.width().max(picture.height()) <= LOSSLESS {
        picture.write_to(&mut data, image::ImageFormat::Png)?;
        return Ok((MediaType::Png, data.into_inner()));
    }
    if picture.width().max(picture.height()) > LARGEST {
        picture = picture.resize(LARGEST, LARGEST, FilterType::Triangle);
    }
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut data, QUALITY))?;
    Ok((MediaType::Jpeg, data.into_inner()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(channels: usize, size: usize) -> Images {
        let pixels = channels * size * size;
        Images {
            data: (0..pixels).map(|i| i as f32 / pixels as f32).collect(),
            count: 1,
            channels,
            height: size,
            width: size,
        }
    }

    #[test]
    fn small_images_lose_nothing_and_large_ones_become_small() {
        let (media_type, data) = encoded(&images(1, 28), 0).unwrap();
        assert_eq!(media_type, MediaType::Png);
        let read = image::load_from_memory(&data).unwrap();
        assert_eq!(read.color(), image::ColorType::L8);
        assert_eq!(read.to_rgb8(), tile(&images(1, 28), 0));
        let (media_type, data) = encoded(&images(3, 256), 0).unwrap();
        assert_eq!(media_type, MediaType::Jpeg);
        let read = image::load_from_memory(&data).unwrap();
        assert_eq!((read.width(), read.height()), (96, 96));
        assert!(data.len() < 10_000, "{}", data.len());
    }
}
