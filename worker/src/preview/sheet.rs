//! Contact sheets: blocks of images in rows and columns, each with a heading and labels.

use super::canvas::{Canvas, Fonts, INK, MUTED};
use augur_data::Images;
use image::{RgbImage, imageops};

/// Small images are enlarged to at least so many pixels.
const SMALLEST_TILE: u32 = 112;
const MARGIN: u32 = 16;
/// Between images.
const GAP: u32 = 4;
/// Between the originals and what became of them.
const WIDE_GAP: u32 = 14;
/// Above the labels.
const LABEL_GAP: u32 = 3;
/// After a block.
const BLOCK_GAP: u32 = 18;

/// A block of images.
pub(super) struct Block {
    /// What it shows.
    pub heading: String,
    /// More about it.
    pub note: String,
    /// One above each column, or none at all. The column of the originals, which is first, stands apart if there are any.
    pub labels: Vec<String>,
    /// At least one row of at least one image, all of one size.
    pub rows: Vec<Vec<RgbImage>>,
}

/// A sheet of at least one block.
pub(super) fn sheet(title: &str, blocks: &[Block]) -> RgbImage {
    let shape = Shape::of(blocks);
    let mut strips = vec![shape.title(title)];
    strips.extend(blocks.iter().map(|block| shape.block(block)));
    let height = strips.iter().map(RgbImage::height).sum::<u32>() + MARGIN - BLOCK_GAP.min(MARGIN);
    let mut sheet = Canvas::new(shape.width, height);
    let mut y = 0;
    for strip in strips {
        imageops::replace(&mut sheet.0, &strip, 0, y);
        y += i64::from(strip.height());
    }
    sheet.0
}

/// One of `images`, value 0 as black and 1 as white.
pub(crate) fn tile(images: &Images, index: usize) -> RgbImage {
    let (pixels, width) = (images.width * images.height, images.width);
    let values = images.image(index);
    RgbImage::from_fn(images.width as u32, images.height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        // The first channel again where there is one only.
        let channel = |c: usize| values[c.min(images.channels - 1) * pixels + at];
        image::Rgb([0, 1, 2].map(|c| (channel(c).clamp(0.0, 1.0) * 255.0).round() as u8))
    })
}

/// What the blocks of a sheet share.
struct Shape {
    scale: u32,
    /// Of an enlarged image.
    tile: (u32, u32),
    width: u32,
    fonts: Fonts,
}

impl Shape {
    fn of(blocks: &[Block]) -> Self {
        let first = &blocks[0].rows[0][0];
        let scale = SMALLEST_TILE.div_ceil(first.width().max(first.height())).max(1);
        let tile = (first.width() * scale, first.height() * scale);
        let right = |block: &Block| left(block, block.rows[0].len() as u32, tile.0) - GAP + MARGIN;
        Self {
            scale,
            tile,
            width: blocks.iter().map(right).max().unwrap_or(0),
            fonts: Fonts::beside(tile.0),
        }
    }

    fn title(&self, title: &str) -> RgbImage {
        let lines = self.fonts.wrapped(title, self.width - 2 * MARGIN);
        let height = MARGIN + lines.len() as u32 * self.fonts.line() + MARGIN / 2;
        let mut canvas = Canvas::new(self.width, height);
        let mut y = MARGIN;
        for line in &lines {
            canvas.text(line, (MARGIN, y), self.fonts.bold, INK);
            y += self.fonts.line();
        }
        canvas.0
    }

    fn block(&self, block: &Block) -> RgbImage {
        let heading = self.fonts.wrapped(&block.heading, self.width - 2 * MARGIN);
        let note = self.fonts.wrapped(&block.note, self.width - 2 * MARGIN);
        let texts = (heading.len() + note.len()) as u32 * self.fonts.line();
        let labels = match block.labels.is_empty() {
            true => 0,
            false => LABEL_GAP + self.fonts.line(),
        };
        let rows = block.rows.len() as u32 * (self.tile.1 + GAP) - GAP;
        // One pixel more above the images, for their frame.
        let mut canvas = Canvas::new(self.width, texts + labels + 2 + rows + BLOCK_GAP);
        let mut y = 0;
        let heading = heading.iter().map(|line| (line, self.fonts.bold, INK));
        let note = note.iter().map(|line| (line, self.fonts.plain, MUTED));
        for (line, font, colour) in heading.chain(note) {
            canvas.text(line, (MARGIN, y), font, colour);
            y += self.fonts.line();
        }
        for (column, label) in block.labels.iter().enumerate() {
            let x = left(block, column as u32, self.tile.0);
            canvas.text(label, (x, y + LABEL_GAP), self.fonts.plain, INK);
        }
        y += labels + 2;
        for row in &block.rows {
            for (column, image) in row.iter().enumerate() {
                canvas.tile(image, self.scale, (left(block, column as u32, self.tile.0), y));
            }
            y += self.tile.1 + GAP;
        }
        canvas.0
    }
}

/// Where the images of a column begin.
fn left(block: &Block, column: u32, tile: u32) -> u32 {
    let apart = match column > 0 && !block.labels.is_empty() {
        true => WIDE_GAP - GAP,
        false => 0,
    };
    MARGIN + column * (tile + GAP) + apart
}
