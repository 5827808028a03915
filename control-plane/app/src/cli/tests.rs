use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Command, clap::Error> {
    Cli::try_parse_from(line.split(' ')).map(|cli| cli.command)
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_right() {
    let table = [
        ("bartizan up --listen localhost", "write IP:PORT"),
        ("bartizan up --workers 0", "--workers"),
        ("bartizan up --drain-seconds 1.5", "whole seconds"),
        ("bartizan serve", "--roles"),
        ("bartizan serve --roles web", "xds"),
        (
            "bartizan serve --roles forward --forward-ca ca.pem",
            "--forward-certificate",
        ),
        ("bartizan serve --roles xds --forward-target nowhere", "HOST:PORT"),
        (
            "bartizan serve --roles forward --edge http://envoy:10000",
            "plain http goes to this machine only",
        ),
        ("bartizan key new --tenant Acme", "lower-case"),
        ("bartizan bootstrap --static --node-id a", "--node-id"),
    ];
    for (line, expected) in table {
        let error = parse(line).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(expected), "{line}: {error}");
    }
}

#[test]
fn roles_and_targets_are_lists() {
    let line = "bartizan serve --roles xds,admin --forward-target a:1,b:2 --forward-target unix:/c";
    let Ok(Command::Serve(args)) = parse(line) else {
        panic!("not serve")
    };
    assert_eq!(args.roles, [RoleName::Xds, RoleName::Admin]);
    let targets: Vec<_> = args.forwarders.targets.iter().map(ToString::to_string).collect();
    assert_eq!(targets, ["a:1", "b:2", "unix:/c"]);
}

#[test]
fn every_option_is_explained() {
    fn check(command: &clap::Command) {
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(
                argument.get_help().is_some(),
                "{} {}",
                command.get_name(),
                argument.get_id()
            );
        }
        command.get_subcommands().for_each(check);
    }
    check(&Cli::command());
}
