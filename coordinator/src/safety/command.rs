//! `augur-coordinator certificates` and `augur-coordinator token`: what makes the files that the flags name.

use super::{
    SafetyError, certificates,
    roles::Role,
    token_file,
    tokens::{Tokens, checked_name, show_time},
};
use augur_core::time::Timestamp;
use clap::{Args, Subcommand};
use std::{path::PathBuf, time::Duration};

/// What `certificates` takes.
#[derive(Args, Debug)]
pub struct Certificates {
    /// Folder to write to; made if it isn't there. An authority that lies there already signs again
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A name or an address under which clients and workers reach the coordinator, beside localhost; may be repeated
    #[arg(long = "host", value_name = "NAME", required = true)]
    pub hosts: Vec<String>,
}

/// What `token` does.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token and prints it, this once; only its hash is kept
    Add {
        /// Who gets it
        #[arg(value_parser = checked_name)]
        name: String,
        /// viewer (reads), submitter (decides over sweeps too), worker, or admin (everything)
        #[arg(long)]
        role: Role,
        /// How long it is valid, such as 90d [default: until it is removed]
        #[arg(long, value_name = "TIME", value_parser = duration)]
        expires_in: Option<Duration>,
        #[command(flatten)]
        file: TokensFile,
    },
    /// Shows whose tokens there are
    List {
        #[command(flatten)]
        file: TokensFile,
    },
    /// Makes every token of a name invalid
    Remove {
        /// Whose
        name: String,
        #[command(flatten)]
        file: TokensFile,
    },
    /// Makes and prints a new token; the old one stays valid for a while
    Rotate {
        /// Whose
        name: String,
        /// How long the old one stays valid, such as 30m; 0s ends it at once
        #[arg(long, value_name = "TIME", default_value = "1d", value_parser = duration)]
        grace: Duration,
        /// How long the new one is valid, such as 90d [default: until it is removed]
        #[arg(long, value_name = "TIME", value_parser = duration)]
        expires_in: Option<Duration>,
        #[command(flatten)]
        file: TokensFile,
    },
}

/// Which file.
#[derive(Args, Debug)]
pub struct TokensFile {
    /// File of the tokens, as the coordinator's --tokens names it
    #[arg(long = "tokens", value_name = "FILE")]
    path: PathBuf,
}

/// A number and s, m, h or d.
fn duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("`{text}` is no length of time; write it like 30m, 12h or 90d");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(fault)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return Err(fault()),
    };
    let number: u32 = number.parse().map_err(|_| fault())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

impl Certificates {
    /// Writes them; gives what is printed.
    ///
    /// # Errors
    /// As of the files.
    pub fn run(&self, now: Timestamp) -> Result<String, SafetyError> {
        let files = certificates::make(&self.out, &self.hosts, now)?;
        let lines = files.iter().map(|file| format!("wrote {}\n", file.display()));
        Ok(lines.collect())
    }
}

impl TokenCommand {
    /// Carries it out; gives what is printed.
    ///
    /// # Errors
    /// As of the file.
    pub fn run(self, now: Timestamp) -> Result<String, SafetyError> {
        match self {
            Self::Add {
                name,
                role,
                expires_in,
                file,
            } => {
                let token = token_file::change(&file.path, |tokens| tokens.add(&name, role, now, expires_in))?;
                Ok(format!("{token}\n"))
            }
            Self::List { file } => Ok(table(&token_file::read(&file.path)?, now)),
            Self::Remove { name, file } => {
                token_file::change(&file.path, |tokens| tokens.remove(&name))?;
                Ok(format!("removed the tokens of {name}\n"))
            }
            Self::Rotate {
                name,
                grace,
                expires_in,
                file,
            } => {
                let token = token_file::change(&file.path, |tokens| tokens.rotate(&name, now, grace, expires_in))?;
                Ok(format!("{token}\n"))
            }
        }
    }
}

fn table(tokens: &Tokens, now: Timestamp) -> String {
    let width = tokens.iter().map(|entry| entry.name.len()).max().unwrap_or(0).max(4);
    let mut text = format!("{:width$}  {:9}  {:20}  expires\n", "name", "role", "made");
    for entry in tokens.iter() {
        let expires = match entry.expires {
            None => "-".to_owned(),
            Some(end) if entry.has_expired(now) => format!("{} (over)", show_time(end)),
            Some(end) => show_time(end),
        };
        let (role, made) = (entry.role.name(), show_time(entry.made));
        text += &format!("{:width$}  {role:9}  {made:20}  {expires}\n", entry.name);
    }
    text
}
