//! Pictures, as messages and as types of core.

use super::{Malformed, parse};
use crate::v1;
use augur_core::picture::{MOST_BYTES, Picture, PictureKind};

impl From<PictureKind> for v1::PictureKind {
    fn from(kind: PictureKind) -> Self {
        match kind {
            PictureKind::Training => Self::Training,
            PictureKind::Augmented => Self::Augmented,
            PictureKind::Highest => Self::Highest,
            PictureKind::Lowest => Self::Lowest,
        }
    }
}

impl From<Picture> for v1::Picture {
    fn from(p: Picture) -> Self {
        Self {
            kind: v1::PictureKind::from(p.kind).into(),
            media_type: p.media_type.name().to_owned(),
            data: p.data,
            image: p.image,
            score: p.score,
            anomalous: p.anomalous,
        }
    }
}

impl TryFrom<v1::Picture> for Picture {
    type Error = Malformed;
    fn try_from(p: v1::Picture) -> Result<Self, Malformed> {
        let malformed = |field, problem| Malformed { field, problem };
        let kind = match p.kind() {
            v1::PictureKind::Unspecified => return Err(malformed("picture.kind", "is none that is known")),
            v1::PictureKind::Training => PictureKind::Training,
            v1::PictureKind::Augmented => PictureKind::Augmented,
            v1::PictureKind::Highest => PictureKind::Highest,
            v1::PictureKind::Lowest => PictureKind::Lowest,
        };
        if p.data.is_empty() || p.data.len() > MOST_BYTES {
            return Err(malformed("picture.data", "is empty, or larger than 64 KiB"));
        }
        if p.score.is_some_and(|score| !score.is_finite()) {
            return Err(malformed("picture.score", "is not a finite number"));
        }
        Ok(Self {
            kind,
            media_type: parse(
                &p.media_type,
                "picture.media_type",
                "is neither image/png nor image/jpeg",
            )?,
            data: p.data,
            image: p.image,
            score: p.score,
            anomalous: p.anomalous,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::picture::MediaType;

    fn picture() -> Picture {
        Picture {
            kind: PictureKind::Highest,
            media_type: MediaType::Jpeg,
            data: vec![1, 2, 3],
            image: 7,
            score: Some(-0.5),
            anomalous: Some(false),
        }
    }

    #[test]
    fn pictures_come_back_as_they_were() {
        for kind in PictureKind::ALL {
            let picture = Picture { kind, ..picture() };
            assert_eq!(Picture::try_from(v1::Picture::from(picture.clone())), Ok(picture));
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let change: [fn(&mut v1::Picture); 5] = [
            |p| p.kind = 0,
            |p| p.kind = 99,
            |p| p.data = vec![0; MOST_BYTES + 1],
            |p| p.media_type = "text/html".into(),
            |p| p.score = Some(f64::NAN),
        ];
        for change in change {
            let mut message = v1::Picture::from(picture());
            change(&mut message);
            assert!(Picture::try_from(message).is_err());
        }
    }
}
