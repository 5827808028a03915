use clap::{Args, Subcommand};

/// Work with API keys
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    New(NewKeyArgs),
}

/// Make a key, and the lines of policy that let a tenant use it
///
/// The key goes to standard error and is never shown again; policy, which holds only its SHA-256, goes to standard
/// output. 256 bits from the operating system's random source.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  bartizan key new --tenant acme --id laptop
  bartizan key new --tenant initech > policies/initech.yaml   # a new tenant")]
pub(crate) struct NewKeyArgs {
    /// Tenant that the key is for
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) tenant: String,

    /// Name of the key in the policy and in access logs
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = name)]
    pub(crate) id: String,
}

/// Names as policy documents take them.
fn name(text: &str) -> Result<String, String> {
    let is_name = text.len() <= 63
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.is_empty();
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("write lower-case letters, digits and dashes, at most 63, such as acme".to_owned())
    }
}
