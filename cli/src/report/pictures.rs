//! What the selected trial saw and made: training images, what its augmentation makes of them, and the validation images that score
//! highest and lowest.

use super::{GroupCurves, ReportInput, format, page::View};
use augur_core::picture::{MediaType, Picture, PictureKind};
use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Bytes of all pictures of a report, in base64, at most: the file stays small enough to be sent.
const BYTES: usize = 10_000_000;

/// How many seeds of each task are shown with pictures, so that all tasks are shown alike and the file stays small: all of them, or
/// as many as there is room for.
pub(super) fn seeds(input: &ReportInput) -> usize {
    let mut tasks = BTreeMap::<&str, usize>::new();
    let mut bytes = BTreeMap::<usize, usize>::new();
    for group in input.groups.iter().filter(|group| !group.pictures.is_empty()) {
        let seed = tasks.entry(&group.task).or_default();
        let pictures = group.pictures.iter().map(|picture| picture.data.len());
        *bytes.entry(*seed).or_default() += pictures.sum::<usize>() / 3 * 4;
        *seed += 1;
    }
    let mut room = BYTES;
    let fits = |bytes: &&usize| {
        let fits = room.checked_sub(**bytes);
        room = fits.unwrap_or(0);
        fits.is_some()
    };
    bytes.values().take_while(fits).count()
}

/// The pictures of a group; nothing where it has none, and a note where they are left out.
pub(super) fn figure(view: &View, group: &GroupCurves) -> Markup {
    let is_earlier =
        |other: &&GroupCurves| other.task == group.task && other.variant == group.variant && !other.pictures.is_empty();
    let earlier = view.input.groups.iter().filter(is_earlier);
    let seed = earlier.take_while(|other| other.seed != group.seed).count();
    if group.pictures.is_empty() {
        return html! {};
    }
    if seed >= view.pictured {
        return html! { p.note { "The pictures of this seed are left out, so that this file stays small." } };
    }
    html! {
        figure.pictures {
            @for kind in PictureKind::ALL { (row(group, kind)) }
        }
    }
}

fn title(kind: PictureKind) -> &'static str {
    match kind {
        PictureKind::Training => "Normal training images",
        PictureKind::Augmented => "The same, as the selected trial augments them",
        PictureKind::Highest => "Validation images with the highest anomaly scores",
        PictureKind::Lowest => "Validation images with the lowest anomaly scores",
    }
}

fn row(group: &GroupCurves, kind: PictureKind) -> Markup {
    let pictures: Vec<_> = group.pictures.iter().filter(|picture| picture.kind == kind).collect();
    html! {
        @if !pictures.is_empty() {
            div {
                h4 { (title(kind)) }
                ul.row { @for picture in pictures { (item(picture)) } }
            }
        }
    }
}

fn item(picture: &Picture) -> Markup {
    let data = format!("data:{};base64,{}", picture.media_type, STANDARD.encode(&picture.data));
    let label = picture
        .anomalous
        .map(|anomalous| if anomalous { "anomalous" } else { "normal" });
    html! {
        li {
            img.small[picture.media_type == MediaType::Png] src=(data) alt=(alternative(picture, label)) loading="lazy";
            @if let Some(score) = picture.score.and_then(format::score) { span { (score) } }
            @if let Some(label) = label { span class=(label) { (label) } }
        }
    }
}

/// What a picture is, for those who don't see it.
fn alternative(picture: &Picture, label: Option<&str>) -> String {
    let number = picture.image + 1;
    let label = label.map_or_else(String::new, |label| format!(", {label}"));
    match picture.kind {
        PictureKind::Training => format!("training image {number}"),
        PictureKind::Augmented => format!("training image {number}, augmented"),
        PictureKind::Highest => format!("validation image {number}, among the highest scores{label}"),
        PictureKind::Lowest => format!("validation image {number}, among the lowest scores{label}"),
    }
}
