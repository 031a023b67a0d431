//! The configuration file: the flags' names as keys of a TOML table.
//!
//! Flags come before the environment, the environment before the file, the file before defaults.
//! Each value of the file is given to the same parser as its flag, so that there is one grammar.

use super::Args;
use clap::{
    ArgAction, Command, CommandFactory, FromArgMatches, builder::Resettable, error::ErrorKind,
    parser::ValueSource,
};
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// The flag that names the file, which names no other.
const CONFIG: &str = "config";

/// Why the program was told nothing that it can do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OptionsError {
    /// The flags or the environment; it knows how to show itself.
    #[error(transparent)]
    Flags(#[from] clap::Error),
    #[error("the configuration {path} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("the configuration {path} is no TOML: {source}")]
    Toml {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("the configuration {path} has a key `{key}`, which {fault}")]
    Key {
        path: PathBuf,
        key: String,
        fault: String,
    },
}

/// What the program was told by all three.
///
/// # Errors
/// [`OptionsError`], which names the flag, or the file and the key.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Args, OptionsError> {
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    let command = Args::command();
    // First without the file, to find it; what depends on the file's values waits.
    let first = lenient(&command).try_get_matches_from(&arguments)?;
    let said = |id: &str| {
        matches!(
            first.value_source(id),
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        )
    };
    if let Some(path) = first.get_one::<PathBuf>(CONFIG) {
        let of_file = flags_of(&command, path)?;
        let unsaid = of_file.into_iter().filter(|(id, _)| !said(id));
        let unsaid: Vec<_> = unsaid.map(|(_, flag)| OsString::from(flag)).collect();
        let after_name = arguments.len().min(1);
        arguments.splice(after_name..after_name, unsaid);
    }
    let matches = command.try_get_matches_from(arguments)?;
    Ok(Args::from_arg_matches(&matches)?)
}

/// The command, without what one flag asks of another.
fn lenient(command: &Command) -> Command {
    command
        .clone()
        .mut_args(|arg| arg.requires(Resettable::Reset))
}

/// The file's values as flags, each with its argument's id.
fn flags_of(command: &Command, path: &Path) -> Result<Vec<(String, String)>, OptionsError> {
    let text = fs::read_to_string(path).map_err(|source| OptionsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let table: Table = text.parse().map_err(|source| OptionsError::Toml {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let mut flags = Vec::new();
    for (key, value) in table {
        let flag = flag_of(command, &key, &value).map_err(|fault| OptionsError::Key {
            path: path.to_owned(),
            key,
            fault,
        })?;
        flags.extend(flag);
    }
    Ok(flags)
}

/// One key as a flag; none if it switches something off that is off. Otherwise what is wrong.
fn flag_of(
    command: &Command,
    key: &str,
    value: &Value,
) -> Result<Option<(String, String)>, String> {
    let arg = command
        .get_arguments()
        .find(|arg| arg.get_long() == Some(key) && key != CONFIG)
        .ok_or("is no setting: see --help")?;
    let text = match value {
        Value::Array(values) => values.iter().map(scalar).collect::<Option<Vec<_>>>(),
        value => scalar(value).map(|text| vec![text]),
    };
    let text = text
        .ok_or("is neither a value nor a list of values")?
        .join(",");
    let flag = match arg.get_action() {
        ArgAction::SetTrue => match value {
            Value::Boolean(true) => format!("--{key}"),
            Value::Boolean(false) => return Ok(None),
            _ => return Err("is neither true nor false".to_owned()),
        },
        _ => format!("--{key}={text}"),
    };
    let alone = command.clone().try_get_matches_from(["", &flag]);
    match alone {
        // It may need others, which are looked at together.
        Err(error) if error.kind() != ErrorKind::MissingRequiredArgument => {
            let error = error.to_string();
            let line = error.lines().next().unwrap_or_default();
            let reason = line.trim_start_matches("error: ");
            Err(format!("cannot be \"{text}\": {reason}"))
        }
        _ => Ok(Some((arg.get_id().to_string(), flag))),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of this test's own, gone with it.
    struct File(PathBuf);

    impl File {
        fn new(name: &str, text: &str) -> Self {
            let name = format!("peerball-{name}-{}.toml", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::write(&path, text).unwrap();
            Self(path)
        }

        fn read(&self, flags: &[&str]) -> Result<Args, OptionsError> {
            let path = self.0.to_str().unwrap();
            let program = ["signaling", "--config", path];
            read(program.iter().chain(flags).map(OsString::from))
        }

        fn fault(&self) -> String {
            let error = self.read(&[]).unwrap_err().to_string();
            error.replace(self.0.to_str().unwrap(), "FILE")
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn the_file_says_what_flags_do_not() {
        let file = File::new(
            "layers",
            "# A comment.\nport = 4000\nmax-rooms = 7\nupgrade-rate = \"5/10\"\n\
             trusted-proxies = [\"10.0.0.0/8\", \"::1\"]\nisolate-pages = true\nweb-dir = \".\"\n",
        );
        let args = file.read(&["--max-rooms", "8"]).unwrap();
        assert_eq!(args.address().port(), 4000);
        let config = args.into_config().unwrap();
        assert_eq!(config.max_rooms, 8);
        assert_eq!(config.rates.upgrades.to_string(), "5/10");
        assert_eq!(config.proxies.trusted.len(), 2);
        assert!(config.pages.isolate);
        assert_eq!(config.max_sockets, signaling::limits::MAX_SOCKETS);
    }

    #[cfg(feature = "tls")]
    #[test]
    fn the_example_can_be_read() {
        let file = File::new("example", include_str!("../../../../deploy/peerball.toml"));
        let config = file.read(&[]).unwrap().into_config().unwrap();
        assert_eq!(config.web_dir.as_deref(), Some(Path::new("/srv/peerball")));
    }

    #[test]
    fn every_mistake_names_its_key() {
        for (text, expected) in [
            (
                "max-roms = 1",
                "the configuration FILE has a key `max-roms`, which is no setting",
            ),
            ("config = \"x\"", "`config`, which is no setting"),
            (
                "max-rooms = \"many\"",
                "`max-rooms`, which cannot be \"many\": invalid value 'many'",
            ),
            ("port = 65536", "`port`, which cannot be \"65536\": "),
            (
                "miss-rate = \"0/1\"",
                "a rate is COUNT/SECONDS in whole numbers from 1",
            ),
            (
                "origins = [\"example.org\"]",
                "an origin is a scheme and a host",
            ),
            (
                "trusted-proxies = [[1]]",
                "`trusted-proxies`, which is neither a value nor a list",
            ),
            (
                "[port]\nx = 1",
                "`port`, which is neither a value nor a list",
            ),
            ("port = ", "the configuration FILE is no TOML: "),
        ] {
            let file = File::new("mistake", text);
            let fault = file.fault();
            assert!(fault.contains(expected), "{text}: {fault}");
        }
        let missing = read(["signaling", "--config", "no such file"].map(OsString::from));
        let error = missing.unwrap_err().to_string();
        assert_eq!(error, "the configuration no such file cannot be read");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn what_belongs_together_may_be_said_in_two_places() {
        let file = File::new("together", "tls-cert = \"a.pem\"");
        assert!(matches!(file.read(&[]), Err(OptionsError::Flags(_))));
        let args = file.read(&["--tls-key", "b.pem"]).unwrap();
        let tls = args.into_config().unwrap().tls.unwrap();
        assert_eq!(tls.certificate, Path::new("a.pem"));
    }
}
