//! What a report must hold: every group, true charts, nothing that a name could inject, nothing that panics.

use super::{ReportInput, chart, html, pictures, sample, scale, write};
use augur_core::{
    outcome::Measurement,
    picture::{MediaType, Picture, PictureKind},
    select::Criterion,
    spec::{Hypergradient, METHOD},
};
use maud::Render;
use std::{collections::BTreeMap, sync::LazyLock};

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// The text between the first `start` and the next `end` after it.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("{start:?} is missing")) + start.len();
    &text[from..from + text[from..].find(end).unwrap_or_else(|| panic!("{end:?} is missing"))]
}

static FAMILIES: LazyLock<[String; 2]> = LazyLock::new(|| ["rotation".into(), "cutdiff".into()]);

fn plot(input: &ReportInput, index: usize) -> super::plot::Plot<'_> {
    let spec = &input.spec;
    let group = &input.groups[index];
    let task = spec.tasks.iter().find(|task| task.name() == group.task);
    super::plot::Plot {
        group,
        spec,
        task,
        families: &*FAMILIES,
        points: 400,
    }
}

#[test]
fn has_a_row_a_section_and_charts_for_every_group() {
    let input = sample::input();
    let html = html(&input);
    let body = between(between(&html, "id=\"leaderboard\"", "</table>"), "<tbody>", "</tbody>");
    // And below the seeds of each of four tasks their mean.
    assert_eq!(count(body, "<tr"), 12 + 4);
    assert_eq!(count(body, "standard deviation over seeds"), 4 * 3 - 2);
    assert_eq!(count(&html, "<article"), 12);
    // Links lead somewhere.
    for link in body.split("href=\"#").skip(1) {
        let id = &link[..link.find('"').unwrap()];
        assert_eq!(count(&html, &format!("id=\"{id}\"")), 1, "{id}");
    }
    // A loss chart for each group, and one for each path: rotation has one, cutdiff three, nothing selected all four.
    let paths: usize = (0..12).map(|group| plot(&input, group).paths().len()).sum();
    assert_eq!(paths, 8 + 3 * 3 + 4);
    // The norm of the hypergradient and the scores of each selected trial, where there are labels; and one chart with the AUROC of
    // all candidates.
    let norms = (0..12).filter(|group| plot(&input, *group).norm().is_some()).count();
    let histograms = input
        .leaderboard
        .tasks
        .iter()
        .filter(|result| result.histogram.is_some());
    let charts = 12 + paths + norms + histograms.clone().count() + 1;
    assert_eq!((norms, histograms.count()), (11, 10));
    assert_eq!(count(&html, "<svg"), charts);
    assert_eq!(count(&html, "role=\"img\" aria-label=\""), charts);
    // Every trial is in exactly one table of its group.
    assert_eq!(count(&html, "<code title=\""), 96);
}

#[test]
fn variants_stand_beside_the_method() {
    let input = sample::with_variants();
    let html = html(&input);
    let body = |table: &str| between(between(&html, table, "</table>"), "<tbody>", "</tbody>").to_owned();
    // A row for each task and variant, one for each variant over all tasks, one for each variant on every seed.
    assert_eq!(count(&body("id=\"leaderboard\""), "<tr"), 4 * 6);
    assert_eq!(count(&body("class=\"comparison\""), "<tr"), 6);
    assert_eq!(count(&html, "<table class=\"variants\""), 12);
    assert_eq!(count(&body("class=\"variants\""), "<tr"), 6);
    // Every trial that competed with others is in a table of its group: 8 + 8 + 3.
    assert_eq!(count(&html, "<code title=\""), 12 * 19);
    // Charts of what is tuned: the method and its first-order variant.
    assert_eq!(count(&html, "<figure>"), 24);
    // In every table with measures: by task, by seed, and of the candidates of each group that has some.
    assert_eq!(count(&html, "test images"), 3 * (1 + 12 + 3 * 11));
    let row = body("id=\"leaderboard\"");
    let baseline = &row[row.find("<td>mean-intensity</td>").unwrap()..];
    assert!(
        between(baseline, "<td>", "</tr>").contains("no augmentation to judge"),
        "a baseline has no loss"
    );
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
}

#[test]
fn without_variants_nothing_is_said_of_them() {
    let html = html(&sample::input()).to_lowercase();
    assert_eq!(count(&html[..html.find("id=\"trust\"").unwrap()], ">variant"), 0);
    assert_eq!(count(&html, "st-ssad"), 0);
    assert_eq!(count(&html, "id=\"comparison\""), 0);
}

#[test]
fn opens_without_network_and_stays_small() {
    let html = html(&sample::input());
    for outside in ["http:", "https:", "//", "<link", "<script", "src=", "url(", "@import"] {
        assert_eq!(count(&html, outside), 0, "{outside}");
    }
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
}

/// Pictures of each kind for the groups of the method.
fn with_pictures(mut input: ReportInput, bytes: usize) -> ReportInput {
    for group in input.groups.iter_mut().filter(|group| group.variant == METHOD) {
        let picture = |(kind, image): (PictureKind, u32)| Picture {
            kind,
            media_type: MediaType::Png,
            data: vec![255; bytes],
            image,
            score: (kind >= PictureKind::Highest).then_some(-12.345),
            anomalous: (kind >= PictureKind::Highest).then_some(image == 0),
        };
        let kinds = PictureKind::ALL.into_iter();
        group.pictures = kinds.flat_map(|kind| [(kind, 0), (kind, 1)]).map(picture).collect();
    }
    input
}

#[test]
fn pictures_stand_with_each_seed_and_come_from_the_file_itself() {
    let html = html(&with_pictures(sample::input(), 30));
    assert_eq!(count(&html, "<img"), 12 * 8);
    assert_eq!(count(&html, "src=\"data:image/png;base64,"), 12 * 8);
    assert_eq!(count(&html, "src="), 12 * 8);
    assert_eq!(count(&html, "alt=\"training image 2, augmented\""), 12);
    assert_eq!(
        count(&html, "alt=\"validation image 1, among the lowest scores, anomalous\""),
        12
    );
    assert_eq!(count(&html, "\u{2212}12.3"), 12 * 4);
    assert_eq!(count(&html, "left out, so that this file stays small"), 0);
}

#[test]
fn pictures_of_later_seeds_are_left_out_where_there_is_no_room() {
    // Three seeds of four tasks; the pictures of one seed are 4 x 8 x 60 kB, in base64 2.56 MB.
    let input = with_pictures(sample::input(), 60_000);
    let seeds = input.spec.seeds.len();
    assert_eq!(pictures::seeds(&input), seeds);
    let input = with_pictures(sample::input(), 120_000);
    assert_eq!(pictures::seeds(&input), 1);
    let html = html(&input);
    assert_eq!(count(&html, "<img"), 4 * 8);
    assert_eq!(count(&html, "left out, so that this file stays small"), 4 * (seeds - 1));
    assert!(html.len() < 20_000_000, "{} bytes", html.len());
}

/// The 41 tasks of the paper, with variants, three seeds and long trials.
#[test]
fn many_long_trials_fit_a_file_that_can_be_sent() {
    let input = sample::large(150);
    let trials: usize = input.groups.iter().map(|group| group.trials.len()).sum();
    assert!(trials > 2000, "{trials} trials");
    let html = html(&input);
    assert!(html.len() < 20_000_000, "{} bytes", html.len());
    assert_eq!(count(&html, "<article"), 41 * 3);
}

#[test]
fn a_broken_seal_is_told_on_the_page() {
    let mut input = sample::input();
    let whole = html(&input);
    assert_eq!(count(&whole, "all 12 choices are as they were sealed"), 1);
    assert_eq!(count(&whole, "Not as sealed"), 0);
    input.leaderboard.tasks[3].candidates.swap(0, 1);
    let broken = html(&input);
    assert_eq!(count(&broken, "are as they were sealed"), 0);
    assert_eq!(count(&broken, "trouser-rotated-90, seed 0: its choice"), 1);
}

#[test]
fn papers_have_methods_as_columns() {
    let mut input = sample::with_variants();
    input.layout = crate::results::Layout::Paper;
    let html = html(&input);
    let table = between(&html, "id=\"leaderboard\"", "</table>");
    // The method, five variants and the task's name; four tasks, their average rank, and the heading.
    assert_eq!((count(table, "scope=\"col\""), count(table, "<tr")), (7, 6));
    let ranks = between(table, "Average rank", "</tr>");
    assert!(ranks.contains("<td class=\"number best\">1.00</td>"), "{ranks}");
}

#[test]
fn a_thinned_line_keeps_its_ends_and_its_peaks() {
    let mut run: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i), (f64::from(i) / 50.0).sin())).collect();
    run[333].1 = 7.0;
    run[777].1 = -7.0;
    let thin = scale::thinned(run.clone(), 40);
    assert!((20..=42).contains(&thin.len()), "{}", thin.len());
    for i in [0, 333, 777, 999] {
        assert!(thin.contains(&run[i]), "{i}");
    }
    assert!(thin.is_sorted_by(|a, b| a.0 < b.0) && thin.iter().all(|point| run.contains(point)));
    assert_eq!(scale::thinned(run[..40].to_vec(), 40), run[..40]);
}

#[test]
fn escapes_hostile_names() {
    let evil = "</title><script>alert('1')</script>\"x=\"";
    let mut input = sample::input();
    input.leaderboard.sweep.name = evil.into();
    input.leaderboard.sweep.libtorch = evil.into();
    input.command_line = evil.into();
    input.spec.description = Some(evil.into());
    let task = input.leaderboard.tasks[0].task.clone();
    for result in input.leaderboard.tasks.iter_mut().filter(|result| result.task == task) {
        result.task = evil.into();
        for candidate in result.candidates.iter_mut().chain(&mut result.selected) {
            candidate.family = evil.into();
            candidate.tuned.insert(evil.into(), 1.0);
        }
        result
            .excluded
            .iter_mut()
            .for_each(|excluded| excluded.reason = evil.into());
    }
    for group in input.groups.iter_mut().filter(|group| group.task == task) {
        group.task = evil.into();
        for trial in &mut group.trials {
            trial.family = evil.into();
            trial.initial.insert(evil.into(), 1.0);
        }
    }
    let html = html(&input);
    assert_eq!(count(&html, "<script"), 0);
    assert_eq!(count(&html, "</title><script"), 0);
    assert_eq!(count(&html, "\"x=\""), 0);
    assert!(count(&html, "&lt;script&gt;alert") > 50);
}

#[test]
fn missing_values_are_dashes_with_an_explanation() {
    let mut input = sample::input();
    let row = |html: &str, id: &str| between(between(html, "id=\"leaderboard\"", "</table>"), id, "</tr>").to_owned();
    let dash = |why: &str| format!("<span class=\"none\" title=\"{why}\">–</span>");
    // The last group of the sample has no labels, the one before it nothing to select.
    let text = html(&input);
    assert_eq!(count(&row(&text, "#task-3-2"), &dash("the task has no labels")), 2);
    assert_eq!(count(&row(&text, "#task-3-1"), &dash("every trial was excluded")), 8);
    assert_eq!(count(&text, "there are no labels to hold the scores against"), 1);
    assert_eq!(count(&text, "so there was nothing to select"), 1);
    assert_eq!(count(&text, "<strong>Nothing was selected: </strong>"), 1);
    assert_eq!(count(&text, "1 trial reported no measurements"), 1);
    assert_eq!(count(&text, "so their course is not drawn"), 0);

    // No measurements in one group, no group at all for another.
    input.groups[0]
        .trials
        .iter_mut()
        .for_each(|trial| trial.measurements.clear());
    input.groups.remove(1);
    let charts = count(&html(&sample::input()), "<svg");
    let text = html(&input);
    assert_eq!(count(&text, "so their course is not drawn"), 2);
    // Losses, path and norm of each; how the scores lie is known all the same.
    assert_eq!(count(&text, "<svg"), charts - 6);
}

#[test]
fn nothing_at_all_is_still_a_page() {
    let mut input = sample::input();
    input.groups.clear();
    input.leaderboard.tasks.clear();
    input.leaderboard.sweep.augur.clear();
    input.generated_at = augur_core::time::Timestamp(i64::MAX);
    let html = html(&input);
    assert_eq!(count(&html, "<svg"), 0);
    assert!(html.contains("0 trials over 0 tasks"));
    assert!(html.contains("title=\"not reported\""));
    assert!(html.contains("title=\"the moment is out of range\""));
}

#[test]
fn numbers_that_are_none_do_not_reach_the_drawing() {
    let mut input = sample::input();
    for (i, value) in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE]
        .into_iter()
        .enumerate()
    {
        let trial = &mut input.groups[0].trials[i];
        trial.measurements[10].validation_loss = Some(value);
        trial.measurements[12].hyperparameters.insert("angle_deg".into(), value);
        trial.measurements[14].hyperparameters.clear();
        trial.initial.insert("angle_deg".into(), value);
        input.leaderboard.tasks[0].candidates[0].val_loss = Some(value);
        input.leaderboard.tasks[0].candidates[0]
            .tuned
            .insert("angle_deg".into(), value);
        input.leaderboard.tasks[0].candidates[0].seconds = value;
    }
    let html = html(&input);
    assert_eq!(count(&html, "NaN") + count(&html, "inf\"") + count(&html, "inf,"), 0);
    let chart = plot(&input, 0).loss(chart::HEIGHT);
    assert!(chart.y.low >= 0.0 && chart.y.high < 2.0, "{:?}", chart.y);
    // The missing epoch is a gap, not a bridge.
    assert_eq!(chart.series[0].runs.iter().map(Vec::len).collect::<Vec<_>>(), [10, 19]);
}

#[test]
fn plotted_points_are_the_data() {
    let input = sample::input();
    let chart = plot(&input, 0).loss(chart::HEIGHT);
    let svg = chart.render().into_string();
    let trial = input.groups[0].trials.iter().find(|trial| trial.selected).unwrap();
    let polyline = between(
        between(&svg, "class=\"series selected", "</g>"),
        "<polyline points=\"",
        "\"",
    );
    let points: Vec<(f64, f64)> = polyline
        .split(' ')
        .map(|point| point.split_once(',').unwrap())
        .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
        .collect();
    // The frame as drawn: the places of the first and last labelled tick, read from the drawing.
    let (x0, x1) = ends(&svg, "tick-x", "x");
    let (y0, y1) = ends(&svg, "tick-y", "y");
    assert!(x0.0 < x1.0 && y0.0 > y1.0, "epochs go right, losses up");
    let back = |p: f64, (p0, v0): (f64, f64), (p1, v1): (f64, f64)| v0 + (p - p0) / (p1 - p0) * (v1 - v0);
    assert_eq!(points.len(), trial.measurements.len());
    for (
        (x, y),
        Measurement {
            epoch, validation_loss, ..
        },
    ) in points.into_iter().zip(&trial.measurements)
    {
        let validation_loss = validation_loss.unwrap();
        let (e, v) = (back(x, x0, x1), back(y + 4.0, y0, y1));
        assert!((e - f64::from(*epoch)).abs() < 0.02, "epoch {epoch} drawn at {e}");
        assert!(
            (v - validation_loss).abs() < 0.002,
            "loss {validation_loss} drawn at {v}"
        );
    }
}

/// (place, value) of the first and the last numbered tick of a class.
fn ends(svg: &str, class: &str, coordinate: &str) -> ((f64, f64), (f64, f64)) {
    let ticks: Vec<(f64, f64)> = svg
        .split(&format!("<text class=\"{class}\""))
        .skip(1)
        .filter_map(|text| {
            let place = between(text, &format!("{coordinate}=\""), "\"").parse().ok()?;
            Some((place, between(text, ">", "<").parse().ok()?))
        })
        .collect();
    (ticks[0], ticks[ticks.len() - 1])
}

#[test]
fn a_wrap_breaks_the_line_at_the_edge() {
    // Up through 360, and back down through 0.
    let up = scale::runs([(0.0, 340.0), (1.0, 350.0), (2.0, 10.0), (3.0, 20.0)], Some(360.0));
    assert_eq!(
        up,
        [
            vec![(0.0, 340.0), (1.0, 350.0), (1.5, 360.0)],
            vec![(1.5, 0.0), (2.0, 10.0), (3.0, 20.0)]
        ]
    );
    let down = scale::runs([(0.0, 10.0), (1.0, 330.0)], Some(360.0));
    assert_eq!(
        down,
        [vec![(0.0, 10.0), (0.25, 0.0)], vec![(0.25, 360.0), (1.0, 330.0)]]
    );
    // Outside of one turn it is the same angle; half a turn is no wrap; without a period nothing is.
    assert_eq!(
        scale::runs([(0.0, -20.0), (1.0, 700.0)], Some(360.0)),
        [vec![(0.0, 340.0), (1.0, 340.0)]]
    );
    assert_eq!(scale::runs([(0.0, 0.0), (1.0, 180.0)], Some(360.0)).len(), 1);
    assert_eq!(
        scale::runs([(0.0, 350.0), (1.0, 10.0)], None),
        [vec![(0.0, 350.0), (1.0, 10.0)]]
    );
    // The largest number below zero is the edge itself.
    let edge = scale::runs([(0.0, -f64::MIN_POSITIVE), (1.0, 350.0)], Some(360.0));
    assert_eq!(edge, [vec![(0.0, 0.0), (0.0, 0.0)], vec![(0.0, 360.0), (1.0, 350.0)]]);
}

#[test]
fn no_drawn_path_has_a_false_vertical() {
    let input = sample::input();
    let mut wraps = 0;
    for group in 0..12 {
        for chart in plot(&input, group).paths() {
            for run in chart.series.iter().flat_map(|series| &series.runs) {
                for pair in run.windows(2) {
                    let height = chart.y.fraction(pair[1].1) - chart.y.fraction(pair[0].1);
                    assert!(height.abs() <= 0.5, "{}: {pair:?}", chart.title);
                }
            }
            wraps += chart.series.iter().filter(|series| series.runs.len() > 1).count();
        }
    }
    assert!(wraps > 3, "the sample has wraps: {wraps}");
}

#[test]
fn the_selected_and_the_excluded_stand_out() {
    let input = sample::input();
    let svg = plot(&input, 0).loss(chart::HEIGHT).render().into_string();
    let excluded = input.groups[0]
        .trials
        .iter()
        .filter(|trial| trial.excluded.is_some())
        .count();
    assert!(excluded > 0);
    assert_eq!(count(&svg, "class=\"series selected f0\""), 1);
    assert_eq!(count(&svg, "class=\"series excluded"), excluded);
    assert_eq!(count(&svg, "class=\"series "), 8);
    // The selected one is drawn last, hence on top.
    assert!(svg.rfind("series selected") > svg.rfind("series ranked"));
    assert_eq!(count(&svg, "<rect class=\"warmup\""), 1);
    let path = plot(&input, 0).paths()[0].render().into_string();
    assert_eq!(count(&path, "planted angle 150.0°"), 1);
    assert_eq!(count(&path, "class=\"series "), 6);
}

#[test]
fn says_of_the_loss_only_what_is_so() {
    let mut input = sample::input();
    let not_compared = "is not what the selection compares";
    assert_eq!(count(&html(&input), not_compared), 12);
    assert_eq!(count(&html(&input), "L_val, the loss that tunes</text>"), 12);
    input.leaderboard.criterion = Criterion::MeanDistance;
    assert_eq!(count(&html(&input), not_compared), 0);
    assert_eq!(count(&html(&input), "the selection compares its final value"), 12);
    input.spec.tuning.hypergradient = Hypergradient::None;
    assert_eq!(count(&html(&input), "the loss that tunes"), 0);
    assert_eq!(count(&html(&input), "The augmentation was held at its start."), 12);
}

#[test]
fn axes_have_round_ticks_that_hold_the_data() {
    let axis = scale::Axis::around([1.034, 1.41], 5);
    assert_eq!((axis.low, axis.high, axis.decimals), (1.0, 1.5, 1));
    assert_eq!(axis.ticks.len(), 6);
    for (low, high) in [
        (0.0, 0.0),
        (5.0, 5.0),
        (-3e-7, 2e-7),
        (1e90, 1.1e90),
        (1e16, 1e16 + 2.0),
    ] {
        let axis = scale::Axis::around([low, high], 5);
        assert!(axis.low <= low && high <= axis.high && axis.low < axis.high, "{axis:?}");
        assert!((2..=12).contains(&axis.ticks.len()), "{axis:?}");
    }
    assert_eq!(
        scale::Axis::whole(0, 30, 6).ticks,
        [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]
    );
    assert_eq!(scale::Axis::whole(0, 0, 6).high, 1.0);
    assert_eq!(scale::Axis::turn(360.0, 4).ticks, [0.0, 90.0, 180.0, 270.0, 360.0]);
}

#[test]
fn numbers_read_as_people_write_them() {
    use super::format::{duration, hyperparameters, loss, number};
    let text = |value: Option<String>| value.unwrap_or_else(|| "none".into());
    let shown = [
        text(number(-0.0421, 2)),
        text(number(-0.001, 2)),
        text(number(f64::NAN, 2)),
        text(loss(-0.000_012_3)),
        text(loss(0.0)),
        text(loss(8200.0)),
        text(duration(11.04)),
        text(duration(59.97)),
        text(duration(7265.0)),
        text(duration(-1.0)),
        hyperparameters(&BTreeMap::from([("angle_deg".into(), 147.26)])),
        hyperparameters(&BTreeMap::from([("area".into(), 0.05), ("aspect".into(), 1.0)])),
        hyperparameters(&BTreeMap::from([("shear_deg".into(), -4.0), ("gain".into(), 0.5)])),
    ];
    insta::assert_snapshot!(shown.join("\n"), @r"
    −0.04
    0.00
    none
    −1.23e−5
    0.0000
    8200.0
    11.0 s
    1 min 00 s
    2 h 01 min
    none
    147.3°
    area 5.0%, aspect 1.00
    gain 0.500, shear −4.0°
    ");
}

#[test]
fn writes_whole_files_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let (out, mut input) = (folder.path().join("report.html"), sample::input());
    write(&out, &input).unwrap();
    input.command_line = "another".into();
    write(&out, &input).unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), html(&input));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );

    let missing = folder.path().join("missing/report.html");
    let text = write(&missing, &input).unwrap_err().to_string();
    assert!(text.contains(&missing.display().to_string()), "{text}");
    assert!(
        text.ends_with("choose a folder that exists and may be written to"),
        "{text}"
    );
}

/// For a look: `cargo test --release -p augur-cli -- --ignored look`, then open report.html and
/// variants.html in the temporary folder.
#[test]
#[ignore = "writes a page for people to look at"]
fn look() {
    for (name, input) in [
        ("report", sample::input()),
        ("variants", sample::with_variants()),
        ("large", sample::large(100)),
    ] {
        let out = std::env::temp_dir().join(format!("{name}.html"));
        write(&out, &input).unwrap();
        println!("{}", out.display());
    }
}
