//! What is shown and where the cursor is. Keys change it, without a terminal.

use super::fetch::{Answer, Verb};
use crate::{results::id, watch::View};
use augur_proto::v1;
use ratatui::{
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
    widgets::TableState,
};
use std::collections::VecDeque;

/// Lines of news that are kept.
const NEWS: usize = 200;
/// How far PageUp and PageDown go.
const PAGE: usize = 10;

/// What the user looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// All groups.
    #[default]
    Overview,
    /// The trials of the group of this index.
    Trials(u32),
    /// One of its trials, as {trial}.
    Trial(u32, String),
}

/// What is asked before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether to cancel the sweep.
    Cancel,
    /// Whether to leave.
    Leave,
}

/// What a key is to bring about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// No more than was done.
    Nothing,
    /// The page needs what it shows.
    Look,
    /// A verb.
    Say(Verb),
    /// The end of the command.
    Leave,
}

/// The state of the view.
#[derive(Debug, Default)]
pub struct State {
    /// The page.
    pub page: Page,
    /// Where the cursors are.
    pub groups: TableState,
    /// Of the trials.
    pub trials: TableState,
    /// What waits for an answer.
    pub question: Option<Question>,
    /// What happened.
    pub news: News,
    /// Everybody who runs trials.
    pub workers: Vec<v1::Worker>,
    /// Of the group that is looked at: its trials, and what they measured.
    pub group_trials: Vec<v1::Trial>,
    /// In their order.
    pub measured: Vec<v1::TrialMeasurements>,
    /// {trial} and its log, of the one that was looked at last.
    pub log: (String, Vec<v1::LogLine>),
    /// The URL of the coordinator's page for browsers, where it is known.
    pub web_page: Option<String>,
}

impl State {
    /// Takes what came from the coordinator.
    pub fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Workers(workers) => self.workers = workers,
            Answer::Trials(group, trials, measured) if self.group() == Some(group) => {
                self.group_trials = trials;
                self.measured = measured;
                // A table without rows has lost its cursor.
                let at = self.trials.selected().unwrap_or(0);
                self.trials.select(Some(at));
            }
            // Of a page that was left.
            Answer::Trials(..) => {}
            Answer::Log(trial, log) => self.log = (trial, log.lines),
            Answer::Said(text) => self.news.tell(text),
        }
    }

    /// The group that is looked at.
    pub fn group(&self) -> Option<u32> {
        match self.page {
            Page::Overview => None,
            Page::Trials(group) | Page::Trial(group, _) => Some(group),
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, view: &View) -> Wish {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Wish::Leave;
        }
        if let Some(question) = self.question.take() {
            return match (key.code, question) {
                (KeyCode::Char('y'), Question::Cancel) => Wish::Say(Verb::Cancel),
                (KeyCode::Char('y'), Question::Leave) => Wish::Leave,
                _ => Wish::Nothing,
            };
        }
        match key.code {
            KeyCode::Char('p') => {
                return Wish::Say(match view.sweep.state() {
                    v1::SweepState::Paused => Verb::Resume,
                    _ => Verb::Pause,
                });
            }
            KeyCode::Char('c') => self.question = Some(Question::Cancel),
            KeyCode::Char('q') if self.page == Page::Overview => self.question = Some(Question::Leave),
            KeyCode::Esc | KeyCode::Left | KeyCode::Backspace | KeyCode::Char('q' | 'h') => self.back(),
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l') => return self.open(view),
            code => self.walk(code, view),
        }
        Wish::Nothing
    }

    fn back(&mut self) {
        self.page = match &self.page {
            Page::Trial(group, _) => Page::Trials(*group),
            Page::Trials(_) | Page::Overview => Page::Overview,
        };
    }

    fn open(&mut self, view: &View) -> Wish {
        match &self.page {
            Page::Overview => {
                let Some(group) = self.groups.selected().and_then(|row| view.groups.get(row)) else {
                    self.groups.select_first();
                    return Wish::Nothing;
                };
                self.page = Page::Trials(group.index);
                (self.group_trials, self.measured) = Default::default();
                self.trials = TableState::new().with_selected(0);
            }
            Page::Trials(group) => {
                let Some(trial) = self.trials.selected().and_then(|row| self.group_trials.get(row)) else {
                    return Wish::Nothing;
                };
                self.page = Page::Trial(*group, id(&trial.name).to_owned());
            }
            Page::Trial(..) => return Wish::Nothing,
        }
        Wish::Look
    }

    fn walk(&mut self, code: KeyCode, view: &View) {
        let (cursor, rows) = match &self.page {
            Page::Overview => (&mut self.groups, view.groups.len()),
            Page::Trials(_) | Page::Trial(..) => (&mut self.trials, self.group_trials.len()),
        };
        let Some(last) = rows.checked_sub(1) else { return };
        let at = cursor.selected();
        let to = match code {
            KeyCode::Down | KeyCode::Char('j') => at.map_or(0, |at| at + 1),
            KeyCode::Up | KeyCode::Char('k') => at.map_or(0, |at| at.saturating_sub(1)),
            KeyCode::PageDown => at.unwrap_or(0) + PAGE,
            KeyCode::PageUp => at.unwrap_or(0).saturating_sub(PAGE),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => return,
        };
        cursor.select(Some(to.min(last)));
        // From curve to curve, without going back to the table.
        if let (Page::Trial(_, shown), Some(trial)) = (&mut self.page, self.group_trials.get(to.min(last))) {
            *shown = id(&trial.name).to_owned();
        }
    }
}

/// The newest lines, and which of them have to stay when the view goes.
#[derive(Debug, Default)]
pub struct News {
    lines: VecDeque<(String, bool)>,
}

impl News {
    /// A line that has to stay.
    pub fn tell(&mut self, line: String) {
        self.note(line, true);
    }

    /// A line.
    pub fn note(&mut self, line: String, stays: bool) {
        if self.lines.len() == NEWS {
            self.lines.pop_front();
        }
        self.lines.push_back((line, stays));
    }

    /// The newest, oldest first.
    pub fn newest(&self, count: usize) -> impl Iterator<Item = &str> {
        let skipped = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skipped).map(|(line, _)| line.as_str())
    }

    /// Those that have to stay.
    pub fn to_keep(&self) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .filter(|(_, stays)| *stays)
            .map(|(line, _)| line.as_str())
    }
}
