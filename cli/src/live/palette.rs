//! Colours by meaning, none where the user wants none.

use ratatui::style::{Color, Modifier, Style};

/// The styles of the view.
pub struct Palette {
    /// Headings and keys.
    pub strong: Style,
    /// What matters less.
    pub dim: Style,
    /// Done, connected.
    pub good: Style,
    /// Running, sealed.
    pub busy: Style,
    /// Failed, lost, paused.
    pub bad: Style,
    /// The row of the cursor.
    pub cursor: Style,
    /// Further lines of a chart.
    pub others: [Style; 4],
}

impl Palette {
    /// With colours or without.
    pub fn of(colours: bool) -> Self {
        let plain = Style::new();
        let colour = |colour| if colours { plain.fg(colour) } else { plain };
        Self {
            strong: plain.add_modifier(Modifier::BOLD),
            dim: plain.add_modifier(Modifier::DIM),
            good: colour(Color::Green),
            busy: colour(Color::Cyan),
            bad: colour(Color::Red),
            cursor: plain.add_modifier(Modifier::REVERSED),
            others: [Color::Magenta, Color::Yellow, Color::Blue, Color::Gray].map(colour),
        }
    }
}
