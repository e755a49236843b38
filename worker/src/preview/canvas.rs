//! A picture on which text and images are put.

use embedded_graphics::{
    mono_font::{MonoFont, MonoTextStyle, iso_8859_1 as fonts},
    pixelcolor::Rgb888,
    prelude::*,
    text::{Baseline, Text},
};
use image::{Rgb, RgbImage, imageops};
use std::convert::Infallible;

const PAPER: [u8; 3] = [255, 255, 255];
const RULE: [u8; 3] = [200, 206, 214];
/// Text that is read first.
pub(super) const INK: [u8; 3] = [26, 30, 36];
/// Text that explains.
pub(super) const MUTED: [u8; 3] = [80, 90, 102];

/// The fonts of one sheet: it is seen smaller the larger it is.
#[derive(Clone, Copy)]
pub(super) struct Fonts {
    pub plain: &'static MonoFont<'static>,
    pub bold: &'static MonoFont<'static>,
}

impl Fonts {
    /// Those that go with tiles of so many pixels.
    pub fn beside(tile: u32) -> Self {
        let (plain, bold) = match tile {
            0..180 => (&fonts::FONT_7X13, &fonts::FONT_7X13_BOLD),
            180..400 => (&fonts::FONT_9X15, &fonts::FONT_9X15_BOLD),
            _ => (&fonts::FONT_9X18, &fonts::FONT_9X18_BOLD),
        };
        Self { plain, bold }
    }

    /// Height of a line of text.
    pub fn line(&self) -> u32 {
        self.plain.character_size.height + 4
    }

    /// `text` in lines of at most `width` pixels, broken between words.
    pub fn wrapped(&self, text: &str, width: u32) -> Vec<String> {
        let room = (width / self.plain.character_size.width).max(1) as usize;
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// A picture of white paper.
pub(super) struct Canvas(pub RgbImage);

impl Canvas {
    pub fn new(width: u32, height: u32) -> Self {
        Self(RgbImage::from_pixel(width, height, Rgb(PAPER)))
    }

    /// One line of text with its upper left corner at (x, y); what doesn't fit is cut off.
    pub fn text(&mut self, text: &str, (x, y): (u32, u32), font: &MonoFont, [r, g, b]: [u8; 3]) {
        let style = MonoTextStyle::new(font, Rgb888::new(r, g, b));
        let Ok(_) = Text::with_baseline(text, Point::new(x as i32, y as i32), style, Baseline::Top).draw(self);
    }

    /// An image, enlarged by a whole factor, with its upper left corner at (x, y) and a thin frame around it: a white
    /// image would have no end.
    pub fn tile(&mut self, tile: &RgbImage, scale: u32, (x, y): (u32, u32)) {
        let (width, height) = (tile.width() * scale, tile.height() * scale);
        let frame = RgbImage::from_pixel(width + 2, height + 2, Rgb(RULE));
        imageops::replace(&mut self.0, &frame, i64::from(x) - 1, i64::from(y) - 1);
        let large = imageops::resize(tile, width, height, imageops::FilterType::Nearest);
        imageops::replace(&mut self.0, &large, x.into(), y.into());
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, colour) in pixels {
            let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
                continue;
            };
            if let Some(pixel) = self.0.get_pixel_mut_checked(x, y) {
                *pixel = Rgb([colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}
