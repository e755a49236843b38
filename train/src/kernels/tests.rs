//! Convolutions and pooling against libtorch's own and its autograd, in double precision and both orders in memory.

use tch::{Device, Kind, Tensor};

use super::*;

const OPTIONS: (Kind, Device) = (Kind::Double, Device::Cpu);

/// The same numbers with channels last.
fn last(x: &Tensor) -> Tensor {
    let size = x.size();
    let strides = [size[1] * size[2] * size[3], 1, size[1] * size[3], size[1]];
    x.permute([0, 2, 3, 1]).contiguous().as_strided(&size, strides, None)
}

fn assert_close(what: &str, a: &Tensor, b: &Tensor) {
    let error = ((a - b).norm() / b.norm()).double_value(&[]);
    assert!(error <= 1e-13, "{what}: {error} apart");
}

/// [images, from, to, side, kernel, stride, padding], and whether the forward pass is taken apart by pixels: on each side of the
/// limits beyond which products of matrices are taken.
const SHAPES: [([i64; 7], bool); 20] = [
    ([5, 128, 128, 2, 3, 1, 1], true),
    ([5, 128, 256, 4, 3, 2, 1], true),
    ([5, 128, 160, 4, 1, 2, 0], true),
    ([5, 256, 256, 4, 3, 1, 1], false),
    ([5, 256, 256, 5, 3, 1, 1], false),
    ([5, 16, 32, 2, 3, 1, 1], false),
    // Under a stride: several parts of the rows, the last one smaller; each limit.
    ([20, 3, 16, 64, 7, 2, 3], false),
    ([5, 1, 8, 6, 3, 1, 1], false),
    ([5, 4, 8, 5, 3, 2, 1], false),
    ([5, 5, 8, 5, 3, 2, 1], false),
    ([5, 5, 8, 5, 1, 2, 0], false),
    ([5, 63, 8, 6, 3, 2, 1], false),
    ([5, 64, 8, 6, 3, 2, 1], false),
    // Weights by outer products: several parts of the rows, tiles of each width, kernels that reach beyond both borders, a
    // limit of channels and one of pixels.
    ([3, 16, 16, 20, 3, 1, 1], false),
    ([3, 5, 12, 9, 3, 2, 1], false),
    ([3, 2, 8, 4, 7, 1, 3], false),
    ([3, 3, 20, 33, 7, 2, 3], false),
    ([1, 13, 16, 8, 1, 2, 0], false),
    ([3, 128, 128, 4, 3, 1, 1], false),
    ([3, 16, 16, 3, 3, 1, 1], false),
];

#[test]
fn convolutions_and_their_gradients_are_libtorchs() {
    tch::manual_seed(2);
    for (shape @ [images, from, to, side, kernel, stride, padding], by_pixels) in SHAPES {
        let step = Step { stride, padding };
        let x = Tensor::randn([images, from, side, side], OPTIONS);
        let weight = Tensor::randn([to, from, kernel, kernel], OPTIONS);
        let conv = |x: &Tensor, w: &Tensor| x.conv2d(w, None::<&Tensor>, [stride; 2], [padding; 2], [1, 1], 1);
        let leaves = [&x, &weight].map(|t| t.copy().set_requires_grad(true));
        let y = conv(&leaves[0], &leaves[1]);
        let g = y.randn_like();
        let gradients = Tensor::run_backward(&[(&y * &g).sum(None)], &leaves, false, false);
        let size = [images, from, side, side];
        for order in [Tensor::shallow_clone, last] {
            let what = format!("{shape:?}, strides {:?}", order(&x).stride());
            // Of a larger batch, as the gradient of a part of the images is.
            let part = order(&Tensor::cat(&[&g, &g], 0)).narrow(0, images, images);
            let (x, g, w) = (order(&x), order(&g), order(&weight));
            assert_close(&what, &conv2d(&x, &weight, step), &y);
            assert_close(&what, &conv2d(&x, &w, step), &y);
            assert_close(&what, &conv2d_transposed(&g, size, &w, step), &gradients[0]);
            assert_close(&what, &conv2d_transposed(&part, size, &weight, step), &gradients[0]);
            assert_close(&what, &conv2d_weight_gradient(&g, &x, &w, step), &gradients[1]);
            let float = |t: &Tensor| t.to_kind(Kind::Float);
            let singles = [
                conv2d_transposed(&float(&g), size, &float(&w), step),
                conv2d_weight_gradient(&float(&g), &float(&x), &float(&w), step),
            ];
            for (single, gradient) in singles.iter().zip(&gradients) {
                let error = ((float(gradient) - single).norm() / gradient.norm()).double_value(&[]);
                assert!(error < 1e-5, "{what}: {error} apart in float32");
            }
        }
        let (x, w) = (last(&x), last(&weight));
        let same_bits = conv2d(&x, &w, step) == conv(&x, &w);
        assert_eq!(
            same_bits, !by_pixels,
            "{shape:?}: the order of sums tells which way was taken"
        );
    }
}

#[test]
fn pooling_and_its_derivatives_are_libtorchs() {
    tch::manual_seed(3);
    for [height, width] in [[8, 6], [7, 9], [1, 2]] {
        // Rounded, so that windows have several largest numbers: of these the first counts.
        let x = (Tensor::randn([3, 8, height, width], OPTIONS) * 2.0).round();
        let along = x.randn_like();
        let leaf = x.copy().set_requires_grad(true);
        let (y, indices) = leaf.max_pool2d_with_indices([3, 3], [2, 2], [1, 1], [1, 1], false);
        let g = y.randn_like();
        let gradient = Tensor::run_backward(&[(&y * &g).sum(None)], &[&leaf], false, false);
        let dot = along
            .flatten(2, 3)
            .gather(2, &indices.flatten(2, 3), false)
            .view_as(&indices);
        for order in [Tensor::shallow_clone, last] {
            let (largest, places) = max_pool(&order(&x));
            assert_eq!(largest, y);
            assert_close("gradient", &places.backward(&order(&g)), &gradient[0]);
            assert_eq!(places.of(&order(&along)), dot);
        }
    }
}

#[test]
fn a_window_without_a_finite_number_has_its_first_place() {
    let x = Tensor::full([1, 1, 2, 2], f64::NEG_INFINITY, OPTIONS);
    let along = Tensor::from_slice(&[7.0, 1.0, 2.0, 3.0]).view([1, 1, 2, 2]);
    let (largest, places) = max_pool(&x);
    assert_eq!(largest.double_value(&[0, 0, 0, 0]), f64::NEG_INFINITY);
    assert_eq!(places.of(&along).double_value(&[0, 0, 0, 0]), 7.0);
}

#[test]
fn a_number_that_is_none_is_the_largest() {
    let x = Tensor::from_slice(&[0.0, f64::NAN, 1.0, 2.0]).view([1, 1, 2, 2]);
    assert!(max_pool(&x).0.isnan().all().int64_value(&[]) == 1);
}
