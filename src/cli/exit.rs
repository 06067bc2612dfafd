//! Exit codes and failures: what a shell and a person see when it goes wrong.

use std::fmt::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine,
    /// It ran and found something to report.
    Found,
    /// The command line or the configuration is wrong.
    Usage,
    /// Some of it worked.
    Partly,
    /// It could not run.
    CouldNot,
}

impl Exit {
    /// Gives the process status.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Partly => 3,
            Self::CouldNot => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do it: what, because of what, and what would help. Holds no secrets.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The status it ends with.
    pub exit: Exit,
    /// What went wrong; already rendered text when `rendered` is set.
    pub message: String,
    /// Because of what, the nearest first.
    pub causes: Vec<String>,
    /// What would help.
    pub hints: Vec<String>,
    /// The message is a finished report (configuration mistakes with carets): printed as it is.
    pub rendered: bool,
    /// Standard output was closed by its reader: end quietly.
    pub closed_pipe: bool,
}

impl Failure {
    /// A failure with a message.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hints: Vec::new(), rendered: false, closed_pipe: false }
    }

    /// The command could not run.
    pub fn could_not(message: impl Into<String>) -> Self {
        Self::new(Exit::CouldNot, message)
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A finished report, printed as it is.
    pub fn report(exit: Exit, report: impl Into<String>) -> Self {
        Self { rendered: true, ..Self::new(exit, report) }
    }

    /// Adds what it was caused by.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds what would help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints it on standard error and gives the status.
    pub fn print(&self) -> Exit {
        if self.closed_pipe {
            return Exit::Fine;
        }
        let mut text = String::new();
        let bold = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
        if self.rendered {
            text.push_str(self.message.trim_end());
            text.push('\n');
        } else {
            let red = bold(AnsiColor::Red);
            writeln!(text, "{red}error:{red:#} {}", self.message).ok();
        }
        for cause in &self.causes {
            writeln!(text, "  caused by: {cause}").ok();
        }
        for hint in &self.hints {
            let cyan = bold(AnsiColor::Cyan);
            writeln!(text, "{cyan}hint:{cyan:#} {hint}").ok();
        }
        let mut stderr = anstream::stderr().lock();
        // Nobody is left to tell when standard error is closed.
        drop(std::io::Write::write_all(&mut stderr, text.as_bytes()));
        self.exit
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let closed_pipe = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self { closed_pipe, ..Self::could_not("cannot write the output").because(error) }
    }
}
