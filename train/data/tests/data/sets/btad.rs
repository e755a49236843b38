//! BTAD: BMP and PNG mixed, categories that YAML reads as numbers.

use super::*;

#[test]
fn both_formats_and_numbered_categories() {
    let folder = TempDir::new().unwrap();
    for (part, first, n) in [("train/ok", 0, 6), ("test/ok", 20, 3), ("test/ko", 40, 4)] {
        for i in 0..n {
            let ending = if i % 2 == 0 { "bmp" } else { "png" };
            write(
                &folder,
                &format!("01/{part}/{i:04}.{ending}"),
                &picture(first + i, 3, 16),
            );
        }
    }
    let spec = sweep(
        &folder,
        "{btad: {root: ROOT, size_px: 8}}",
        "{normal: 01, anomaly: {class: ko}}",
        "{held_out: 2}",
    );
    for normal in ["01", "1", &spec.tasks[0].normal.0] {
        let (images, labels) = load(&spec.data, &spec.split, &task(normal, class("ko"))).unwrap();
        assert_eq!((images.train.count, images.held_out.count), (4, 2), "{normal}");
        assert_eq!(labelled(&images.validation, &labels.validation, false), [20, 21, 22]);
        assert_eq!(labelled(&images.validation, &labels.validation, true), [40, 41, 42, 43]);
    }
    insta::assert_snapshot!(fault(&folder, &spec.data, &spec.split, &task("04", AnomalySpec::Any)), @"task `04-vs-any`: btad has no class `04`; its classes are 01");
}
