//! Settings from the environment: `SPEECHTAG_LIMITS__MAX_TEXT_BYTES` is `limits.max_text_bytes`.
//!
//! Variables have no types and can't be quoted, so a value is read as what its setting takes: a folder called `2024` is no
//! number. Variables without a double underscore are not ours: Kubernetes sets `SPEECHTAG_PORT` and its like for a service
//! of that name.

use serde_json::Value;

const PREFIX: &str = "SPEECHTAG_";

/// Key and value of every setting among `variables`; `known` are the settings with their defaults.
pub fn settings<'v>(
    variables: impl IntoIterator<Item = &'v (String, String)>,
    known: &Value,
) -> Vec<(String, config::Value)> {
    let ours = variables.into_iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)));
    ours.filter(|(name, _)| name.contains("__"))
        .map(|(name, value)| {
            let key = name.to_lowercase().replace("__", ".");
            let value = typed(value, known.pointer(&format!("/{}", key.replace('.', "/"))));
            (key, value)
        })
        .collect()
}

/// `text` as a value like `default`; as it stands where it is none, which deserialising says better.
fn typed(text: &str, default: Option<&Value>) -> config::Value {
    let value = match default {
        Some(Value::Bool(_)) => text.to_lowercase().parse::<bool>().ok().map(config::ValueKind::from),
        Some(Value::Number(_)) => {
            let whole = text.parse::<i64>().ok().map(config::ValueKind::from);
            whole.or_else(|| text.parse::<f64>().ok().map(config::ValueKind::from))
        }
        _ => None,
    };
    config::Value::new(Some(&"the environment".to_owned()), value.unwrap_or_else(|| text.into()))
}

/// What `variables` have that looks like a setting written with one underscore for two, and is passed over.
pub fn overlooked<'v>(variables: impl IntoIterator<Item = &'v (String, String)>, known: &Value) -> Vec<String> {
    let mistyped = |name: &str| {
        let (section, key) = name.strip_prefix(PREFIX)?.split_once('_')?;
        let setting = format!("/{section}/{key}").to_lowercase();
        known
            .pointer(&setting)
            .is_some()
            .then(|| format!("{name} is passed over; the setting is {PREFIX}{section}__{key}, with two underscores"))
    };
    variables.into_iter().filter_map(|(name, _)| mistyped(name)).collect()
}

#[cfg(test)]
mod tests {
    use crate::cli::settings::Settings;

    fn pairs(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_value_is_read_as_what_its_setting_takes() {
        let environment = pairs(&[
            ("SPEECHTAG_MODELS__PATH", "2024"),
            ("SPEECHTAG_LOG__FILTER", "3"),
            ("SPEECHTAG_LIMITS__WORKERS", "3"),
            ("SPEECHTAG_ADMIN__ENABLED", "TRUE"),
            ("SPEECHTAG_TELEMETRY__SAMPLE_RATIO", "1"),
            ("SPEECHTAG_AUTH__ADMIN_TOKEN_FILE", "true"),
        ]);
        let settings = Settings::read(&[], &environment, &[]).unwrap();
        assert_eq!(settings.models.path.unwrap().to_str(), Some("2024"));
        assert_eq!((settings.log.filter.as_str(), settings.limits.workers), ("3", 3));
        assert!(settings.admin.enabled && settings.telemetry.sample_ratio >= 1.0);
        assert_eq!(settings.auth.admin_token_file.unwrap().to_str(), Some("true"));
    }

    #[test]
    fn a_setting_with_one_underscore_is_told_of() {
        let environment = pairs(&[
            ("SPEECHTAG_LIMITS_MAX_TEXT_BYTES", "5"),
            ("SPEECHTAG_MODELS_PATH", "/srv"),
            ("SPEECHTAG_SERVER_PORT", "tcp://10.0.0.1:50051"),
            ("SPEECHTAG_PORT", "tcp://10.0.0.1:50051"),
            ("SPEECHTAG_ENDPOINT", "http://localhost:50051"),
            ("SPEECHTAG_LIMITS__WORKERS", "1"),
        ]);
        let said = Settings::overlooked(&environment);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said.iter().all(|line| line.contains("LIMITS__MAX_TEXT_BYTES") || line.contains("MODELS__PATH")));
    }
}
