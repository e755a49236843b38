//! Images as a trial gets them: numbers and shapes, no labels.

/// Grey or colour images of one size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    /// Values in [0, 1], row-major over \[count, channels, height, width\].
    pub data: Vec<f32>,
    /// Number of images.
    pub count: usize,
    /// 1 for grey, 3 for red, green and blue.
    pub channels: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Pixels from left to right.
    pub width: usize,
}

impl Images {
    /// Number of values of one image.
    pub fn stride(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The values of image `index`, below `count`: \[channels, height, width\].
    pub fn image(&self, index: usize) -> &[f32] {
        &self.data[index * self.stride()..][..self.stride()]
    }
}

/// The images of a task. No image stands in two of the groups.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskImages {
    /// Normal images to train on.
    pub train: Images,
    /// Normal images kept out of training.
    pub held_out: Images,
    /// Normal and anomalous images in one order that tells nothing: shuffled where there are labels, by path in a
    /// folder.
    pub validation: Images,
    /// Images like those, which tuning and selection never see; none where the split asks for none.
    pub test: Images,
}

/// The labels of a task, true = anomalous.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Of the validation images in their order; empty where nobody knows them.
    pub validation: Vec<bool>,
    /// Of the test images in their order; empty where there are none.
    pub test: Vec<bool>,
}
