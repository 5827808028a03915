//! What a person who makes mistakes is told.

use bartizan_policy::{MAX_SOURCE_BYTES, Source, compile};

const THREATS: &str = "
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: []}
";

fn source(file: &str, text: &str) -> Source {
    Source {
        file: file.to_owned(),
        text: text.to_owned(),
    }
}

fn mistakes(text: &str) -> Vec<String> {
    match compile(&[source("p.yaml", text)]) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

/// A document with this `spec`, indented by two, from line 5 on; and a ThreatPolicy.
fn document(kind: &str, name: &str, spec: &str) -> String {
    format!("apiVersion: bartizan.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{spec}{THREATS}")
}

#[track_caller]
fn assert_mistakes(text: &str, expected: &[&str]) {
    assert_eq!(mistakes(text), expected, "\n{text}");
}

#[test]
fn ten_mistakes_are_ten_messages() {
    let text = "
apiVersion: bartizan.dev/v1
kind: Tenant
metadata: {name: Acme Inc}
spec:
  keys:
    - {id: dev, sha256: bz-acme-dev-key}
    - {id: prod, key: bz-acme-prod-key, expiresAt: tomorrow}
  limits:
    requests: {limit: 0, window: 5x}
    tokens: {limit: 10, windw: 1m}
    concurrentRequest: 8
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforced, rulePacks: [], actions: {pii: maks}}
";
    assert_mistakes(
        text,
        &[
            "p.yaml:2:13: apiVersion: \"bartizan.dev/v1\" is not bartizan.dev/v1alpha1",
            "p.yaml:4:18: metadata.name: \"Acme Inc\" is not a name; write lower-case letters, digits, - and ., such as \
             team-a",
            "p.yaml:7:25: spec.keys[0].sha256: the text is not a SHA-256; write the 64 hexadecimal digits that bartizan \
             key new prints, never the key itself",
            "p.yaml:8:7: spec.keys[1].sha256: \"sha256\" is missing; add it: the 64 hexadecimal digits that bartizan key \
             new prints, never the key itself",
            "p.yaml:8:18: spec.keys[1].key: there is no field \"key\"; remove the key itself; `bartizan key new` makes a \
             key and prints the sha256 to write here",
            "p.yaml:8:52: spec.keys[1].expiresAt: \"tomorrow\" is not a time; write a date and a time in UTC, such as \
             2027-01-01T00:00:00Z",
            "p.yaml:10:23: spec.limits.requests.limit: 0 is out of range; write a whole number from 1 to \
             1000000000000000",
            "p.yaml:10:34: spec.limits.requests.window: \"5x\" is not a duration; write a number and s, m, h or d, such \
             as 1m",
            "p.yaml:11:13: spec.limits.tokens.window: \"window\" is missing; add it: a number and s, m, h or d, such as \
             1m",
            "p.yaml:11:25: spec.limits.tokens.windw: there is no field \"windw\"; did you mean \"window\"?",
            "p.yaml:12:5: spec.limits.concurrentRequest: there is no field \"concurrentRequest\"; did you mean \
             \"concurrentRequests\"?",
            "p.yaml:17:14: spec.mode: \"enforced\" is not one of enforce, audit, off; did you mean \"enforce\"?",
            "p.yaml:17:54: spec.actions.pii: \"maks\" is not one of allow, audit, mask, block; did you mean \"mask\"?",
        ],
    );
}

#[test]
fn a_secret_written_by_mistake_is_not_repeated() {
    let spec =
        "  keys:\n    - {id: dev, sha256: bz-secret-1}\n    - {id: two, key: bz-secret-2, sha256: [bz-secret-3]}\n";
    let provider = "  type: openai\n  credential: {env: sk-secret-4, value: sk-secret-5}\n";
    for text in [
        document("Tenant", "acme", spec),
        document("Provider", "openai", provider),
    ] {
        let messages = mistakes(&text);
        assert!(messages.len() >= 2, "{messages:?}");
        assert!(
            messages.iter().all(|message| !message.contains("secret-")),
            "{messages:?}"
        );
    }
}

#[test]
fn documents_must_say_what_they_are() {
    let kinds = "write one of Tenant, ThreatPolicy, RulePack, Provider, Model, PriceList, Gateway";
    let table = [
        ("a: 1", format!("p.yaml:1:1: kind: \"kind\" is missing; {kinds}")),
        (
            "kind: Tennant",
            "p.yaml:1:7: kind: there is no kind \"Tennant\"; did you mean \"Tenant\"?".to_owned(),
        ),
        (
            "kind: Deployment",
            format!("p.yaml:1:7: kind: there is no kind \"Deployment\"; {kinds}"),
        ),
        (
            "kind: [Tenant]",
            format!("p.yaml:1:7: kind: the kind is not text; {kinds}"),
        ),
        (
            "- a",
            "p.yaml:1:1: a document must be a mapping of fields; begin with apiVersion: bartizan.dev/v1alpha1"
                .to_owned(),
        ),
    ];
    for (text, expected) in table {
        assert_mistakes(&format!("{text}{THREATS}"), &[&expected]);
    }
}

#[test]
fn values_of_the_wrong_type_are_named() {
    let table = [
        (
            "  keys: {}\n",
            "5:9: spec.keys: a list belongs here, not a mapping of fields",
        ),
        (
            "  keys: a\n",
            "5:9: spec.keys: a list belongs here, not text; put it in brackets",
        ),
        (
            "  keys:\n",
            "5:7: spec.keys: there is no value here; write one, or remove the field",
        ),
        (
            "  models: [1]\n",
            "5:12: spec.models[0]: text belongs here, not a number; put it in quotes",
        ),
        (
            "  limits: []\n",
            "5:11: spec.limits: a mapping of fields belongs here, not a list",
        ),
        (
            "  limits: {concurrentRequests: '8'}\n",
            "5:32: spec.limits.concurrentRequests: a whole number belongs here, not text; remove the quotes, if there are \
             any",
        ),
        (
            "  limits: {concurrentRequests: 1.5}\n",
            "5:32: spec.limits.concurrentRequests: 1.5 is out of range; write a whole number from 1 to 4294967295",
        ),
        (
            "  limits: {requests: {limit: 5, window: 60}}\n",
            "5:41: spec.limits.requests.window: 60 is not a duration; write a number and s, m, h or d, such as 1m",
        ),
        (
            "  limits: {requests: {limit: 5, window: 400d}}\n",
            "5:41: spec.limits.requests.window: \"400d\" is too long; write at most 366d",
        ),
    ];
    for (spec, expected) in table {
        assert_mistakes(&document("Tenant", "acme", spec), &[&format!("p.yaml:{expected}")]);
    }
}

#[test]
fn names_and_keys_belong_to_one() {
    let hash = "a".repeat(64);
    let tenant = |name: &str, keys: &str| {
        format!(
            "---\napiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: {name}}}\nspec: {{keys: [{keys}]}}\n"
        )
    };
    let text = [
        tenant("acme", &format!("{{id: dev, sha256: {hash}}}")),
        tenant("acme", ""),
        tenant(
            "globex",
            &format!(
                "{{id: a, sha256: {}}}, {{id: a, sha256: {}}}",
                "A".repeat(64),
                "b".repeat(64)
            ),
        ),
        tenant(
            "initech",
            &format!("{{id: a, sha256: {}, expiresAt: 2027-13-01T00:00:00Z}}", "c".repeat(64)),
        ),
        THREATS.to_owned(),
        "---\napiVersion: bartizan.dev/v1alpha1\nkind: ThreatPolicy\nmetadata: {name: strict}\n\
         spec: {mode: off, rulePacks: []}\n"
            .to_owned(),
    ];
    assert_mistakes(
        &text.concat(),
        &[
            "p.yaml:9:18: metadata.name: there is another Tenant \"acme\", in p.yaml:4; rename or remove one",
            "p.yaml:15:31: spec.keys[0].sha256: the key is also a key of tenant \"acme\", in p.yaml:5; `bartizan key new` \
             makes one of its own",
            "p.yaml:15:103: spec.keys[1].id: the tenant has another key \"a\", keys[0]; give each key an id of its own",
            "p.yaml:20:108: spec.keys[0].expiresAt: \"2027-13-01T00:00:00Z\" is not a time; write a moment that exists",
            "p.yaml:30:18: metadata.name: a ThreatPolicy cannot be named \"strict\"; there is one, named default",
        ],
    );
}

#[test]
fn references_lead_somewhere() {
    let text = "
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: [secrts, nothing]}
---
apiVersion: bartizan.dev/v1alpha1
kind: RulePack
metadata: {name: secrets}
spec: {rules: []}
---
apiVersion: bartizan.dev/v1alpha1
kind: Model
metadata: {name: chat}
spec: {provider: sandbx}
---
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {name: sandbox}
spec: {type: sandbox}
---
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec: {models: [chat, chats, 'gpt-*']}
";
    assert_mistakes(
        text,
        &[
            "p.yaml:5:35: spec.rulePacks[0]: there is no RulePack \"secrts\"; did you mean \"secrets\"?",
            "p.yaml:5:43: spec.rulePacks[1]: there is no RulePack \"nothing\"; add a RulePack of that name",
            "p.yaml:10:15: spec.rules: the list is empty; write at least one entry",
            "p.yaml:15:18: spec.provider: there is no Provider \"sandbx\"; did you mean \"sandbox\"?",
            "p.yaml:25:23: spec.models[1]: there is no Model \"chats\"; did you mean \"chat\"?",
        ],
    );
}

#[test]
fn providers_are_told_what_they_lack() {
    let table = [
        (
            "  type: openai\n",
            "5:3: spec.credential: the vendor asks for a credential; add one, such as {env: PROVIDER_API_KEY}",
        ),
        (
            "  type: sandbox\n  credential: {env: KEY}\n",
            "6:15: spec.credential: the sandbox takes no credential; remove it",
        ),
        (
            "  type: sandbox\n  baseUrl: https://a\n",
            "6:12: spec.baseUrl: the sandbox is built in; remove baseUrl",
        ),
        (
            "  type: openai\n  baseUrl: http://127.0.0.1:8000/v1\n",
            "6:12: spec.baseUrl: prompts and the credential would travel in the clear; write https://, or add \
             allowInsecureHttp: true",
        ),
        (
            "  type: openai\n  baseUrl: https://a/v1?key=1\n",
            "6:12: spec.baseUrl: \"https://a/v1?key=1\" is not a base URL; write a scheme, a host and perhaps a path, such \
             as https://api.openai.com/v1",
        ),
        (
            "  type: mcp\n",
            "5:3: spec.baseUrl: an MCP server has no address of its own; write one such as https://tools.example.com/mcp",
        ),
        (
            "  type: openai-compatible\n",
            "5:3: spec.baseUrl: a compatible server has no address of its own; write one such as \
             http://127.0.0.1:11434/v1",
        ),
        (
            "  type: azure-openai\n  credential: {env: A}\n",
            "5:3: spec.baseUrl: each resource of Azure has an address of its own; write one such as \
             https://my-resource.openai.azure.com",
        ),
        (
            "  type: azure-openai\n  baseUrl: https://r.openai.azure.com\n",
            "5:3: spec.credential: the vendor asks for a credential; add one, such as {env: PROVIDER_API_KEY}",
        ),
        (
            "  type: azure-openai\n  credential: {env: A}\n  baseUrl: https://r.openai.azure.com/openai/v1/\n",
            "7:12: spec.baseUrl: \"https://r.openai.azure.com/openai/v1\" has a path that is added to it; write it without \
             /openai/v1",
        ),
        (
            "  type: azure-openai\n  credential: {env: A}\n  baseUrl: https://r.openai.azure.com\n  apiVersion: v1\n",
            "8:15: spec.apiVersion: \"v1\" is not a dated version of Azure OpenAI's API; write a date, perhaps with \
             -preview, such as 2024-10-21",
        ),
        (
            "  type: gemini\n  credential: {env: A}\n  baseUrl: https://g.example.com/v1beta\n",
            "7:12: spec.baseUrl: \"https://g.example.com/v1beta\" has a path that is added to it; write it without /v1beta",
        ),
        (
            "  type: gemini\n  credential: {env: A}\n  region: us-east-1\n",
            "7:11: spec.region: only Bedrock has regions; remove it",
        ),
        (
            "  type: openai\n  credential: {env: A}\n  apiVersion: '2024-10-21'\n",
            "7:15: spec.apiVersion: only Azure has dated versions; remove it",
        ),
        (
            "  type: bedrock\n  credential: {env: A}\n",
            "5:3: spec.region: Bedrock needs a region; add one, such as us-east-1",
        ),
        (
            "  type: bedrock\n  credential: {env: A}\n  region: US East\n",
            "7:11: spec.region: \"US East\" is not a region; write a region of AWS, such as eu-central-1",
        ),
        (
            "  type: gemini\n  credential: {aws: {}}\n",
            "6:21: spec.credential.aws: only Bedrock takes keys of AWS; write env, file or vault",
        ),
        (
            "  type: bedrok\n",
            "5:9: spec.type: \"bedrok\" is not one of sandbox, openai, openai-compatible, azure-openai, anthropic, gemini, \
             bedrock, mcp; did you mean \"bedrock\"?",
        ),
        (
            "  type: openai\n  credential: {env: A, file: /b}\n",
            "6:15: spec.credential: the credential must have exactly one of env, file, vault and aws; write \
             one of them",
        ),
        (
            "  type: openai\n  credential: {value: sk}\n",
            "6:16: spec.credential.value: there is no field \"value\"; remove the credential itself; name where it is \
             with env, file, vault or aws",
        ),
        (
            "  type: openai\n  credential: {vault: {address: 'http://v', path: a/b, auth: {tokenEnv: T}}}\n",
            "6:33: spec.credential.vault.address: tokens and secrets would travel in the clear; write https://, or add \
             allowInsecureHttp: true",
        ),
        (
            "  type: openai\n  credential: {vault: {address: 'https://v', path: a/../b, auth: {tokenEnv: T}}}\n",
            "6:52: spec.credential.vault.path: \"a/../b\" is not a path in Vault; write letters, digits, ., _ and -, with / \
             in between, such as providers/openai",
        ),
        (
            "  type: openai\n  credential: {vault: {address: 'https://v', path: a, auth: {}}}\n",
            "6:61: spec.credential.vault.auth: auth must have exactly one of tokenEnv, tokenFile and kubernetes; write one \
             of them",
        ),
        (
            "  type: openai\n  credential: {vault: {address: 'https://v', path: a, refresh: 30h, auth: {tokenEnv: T}}}\n",
            "6:64: spec.credential.vault.refresh: the secret would be read too often or too rarely; write 1s to 24h",
        ),
        (
            "  type: bedrock\n  region: eu-central-1\n  credential: {aws: {profile: p}}\n",
            "7:21: spec.credential.aws: a profile is a part of a file; add file, or remove profile",
        ),
        (
            "  type: openai\n  credential: {env: A}\n  tls: {certificateFile: /c}\n",
            "7:8: spec.tls: a certificate and its private key belong together; write both certificateFile and \
             privateKeyFile",
        ),
        (
            "  type: openai\n  credential: {env: A}\n  timeouts: {connect: 2d}\n",
            "7:23: spec.timeouts.connect: \"2d\" is not a duration; write a number and ms, s, m or h, such as 30s",
        ),
    ];
    for (spec, expected) in table {
        assert_mistakes(&document("Provider", "p", spec), &[&format!("p.yaml:{expected}")]);
    }
}

#[test]
fn tools_and_models_are_told_apart() {
    let text = "
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {name: tools}
spec: {type: mcp, baseUrl: 'https://tools.example.com/mcp'}
---
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {name: vendor}
spec: {type: openai, credential: {env: A}}
---
apiVersion: bartizan.dev/v1alpha1
kind: Model
metadata: {name: chat}
spec: {provider: tools}
---
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec: {mcpServers: [tools, tool, vendor]}
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: []}
";
    assert_mistakes(
        text,
        &[
            "p.yaml:15:18: spec.provider: Provider \"tools\" is an MCP server, which has no models; name it under mcpServers \
             of a Tenant",
            "p.yaml:20:28: spec.mcpServers[1]: there is no Provider \"tool\"; did you mean \"tools\"?",
            "p.yaml:20:34: spec.mcpServers[2]: Provider \"vendor\" serves models, not tools; name one of type mcp or sandbox",
        ],
    );
}

#[test]
fn rules_must_do_what_their_examples_say() {
    let rule = |id: &str, rest: &str| {
        format!("    - id: {id}\n      category: pii\n      owasp: [LLM02]\n      action: mask\n{rest}")
    };
    let spec = [
        "  rules:\n".to_owned(),
        rule(
            "good",
            "      regex: '[0-9]{4}'\n      examples: {match: ['1234'], noMatch: ['123']}\n",
        ),
    ];
    assert_mistakes(&document("RulePack", "pack", &spec.concat()), &[]);

    let spec = [
        "  rules:\n".to_owned(),
        rule(
            "lax",
            "      regex: '[0-9]{4}'\n      examples: {match: ['1234', 'one'], noMatch: ['56789', '1']}\n",
        ),
    ];
    assert_mistakes(
        &document("RulePack", "pack", &spec.concat()),
        &[
            "p.yaml:11:34: spec.rules[0].examples.match[1]: the rule finds nothing in \"one\"; correct the rule or the \
             example",
            "p.yaml:11:52: spec.rules[0].examples.noMatch[0]: the rule finds something in \"56789\"; correct the rule or \
             the example",
        ],
    );

    let examples = "      examples: {match: [aaaa], noMatch: [bbbb]}\n";
    let spec = [
        "  rules:\n".to_owned(),
        rule("neither", examples),
        rule("both", &format!("      phrases: [aaaa]\n      regex: aaaa\n{examples}")),
        rule("broken", &format!("      regex: '(aaaa'\n{examples}")),
        rule("broken", &format!("      phrases: [aaaa]\n{examples}")),
    ];
    let messages = mistakes(&document("RulePack", "pack", &spec.concat()));
    assert_eq!(messages.len(), 4, "{messages:#?}");
    assert!(
        messages[0].starts_with("p.yaml:6:7: spec.rules[0].phrases: the rule looks for nothing"),
        "{messages:?}"
    );
    assert!(
        messages[1].contains("spec.rules[1].regex: the rule has both"),
        "{messages:?}"
    );
    assert!(
        messages[2].contains("spec.rules[2].regex: the regex cannot be read"),
        "{messages:?}"
    );
    assert!(
        messages[3].contains("spec.rules[3].id: the id is taken"),
        "{messages:?}"
    );
}

#[test]
fn reversible_masks_are_checked() {
    let documents = |policy: &str| {
        format!(
            "apiVersion: bartizan.dev/v1alpha1\nkind: ThreatPolicy\nmetadata: {{name: default}}\nspec:\n  rulePacks: \
             [used]\n{policy}\n---\napiVersion: bartizan.dev/v1alpha1\nkind: RulePack\nmetadata: {{name: used}}\nspec:\n  \
             rules:\n  - {{id: badge, category: pii, owasp: [LLM02], action: mask, phrases: [word word], examples: {{match: \
             [word word], noMatch: [word]}}}}\n  - {{id: note, category: secrets, owasp: [LLM02], action: mask, phrases: [a \
             word], placeholder: '***', examples: {{match: [a word], noMatch: [word]}}}}\n  - {{id: order, category: \
             jailbreak, owasp: [LLM01], action: block, phrases: [the word], examples: {{match: [the word], noMatch: \
             [word]}}}}\n"
        )
    };
    for right in [
        "  mode: enforce\n  masking: {reversible: [pii]}",
        "  mode: enforce\n  actions: {jailbreak: mask}\n  masking: {reversible: [pii, jailbreak]}",
        "  mode: audit\n  answers: {mode: off}\n  masking: {reversible: [pii]}",
        "  mode: enforce\n  masking: {}",
    ] {
        assert_eq!(mistakes(&documents(right)), Vec::<String>::new(), "{right}");
    }
    for (wrong, expected) in [
        (
            "  mode: enforce\n  masking: {reversible: [pii, pi]}",
            "7:31: spec.masking.reversible[1]: \"pi\" is not one of ",
        ),
        (
            "  mode: enforce\n  masking: {reversible: [pii, pii]}",
            "7:31: spec.masking.reversible[1]: \"pii\" is listed twice; remove one",
        ),
        (
            "  mode: enforce\n  masking: {reversible: [jailbreak]}",
            "7:26: spec.masking.reversible[0]: nothing of the category jailbreak is masked; set spec.actions.jailbreak to \
             mask, or remove it here",
        ),
        (
            "  mode: enforce\n  actions: {pii: block}\n  masking: {reversible: [pii]}",
            "8:26: spec.masking.reversible[0]: nothing of the category pii is masked; set spec.actions.pii to mask, or \
             remove it here",
        ),
        (
            "  mode: enforce\n  answers: {mode: off}\n  masking: {reversible: [pii]}",
            "8:25: spec.masking.reversible: answers are not read, so nothing can be restored in them; set \
             spec.answers.mode to enforce or audit, or remove spec.masking.reversible",
        ),
        (
            "  mode: enforce\n  masking: {reversible: [secrets]}",
            "spec.rules[1].placeholder: \"***\" cannot be numbered, as reversible masks are; write it as [LABEL], with up \
             to 64 bytes between the brackets",
        ),
        (
            "  mode: enforce\n  masking: {reversable: [pii]}",
            "spec.masking.reversable: there is no field \"reversable\"; did you mean \"reversible\"?",
        ),
    ] {
        let messages = mistakes(&documents(wrong));
        assert!(
            messages.len() == 1 && messages[0].contains(expected),
            "{wrong}: {messages:?}"
        );
    }
}

#[test]
fn thresholds_exceptions_and_the_allow_list_are_checked() {
    let policy = |rest: &str| {
        format!(
            "apiVersion: bartizan.dev/v1alpha1\nkind: ThreatPolicy\nmetadata: {{name: default}}\nspec:\n  mode: enforce\n  \
             rulePacks: [used]\n{rest}"
        )
    };
    let others = "\n---\napiVersion: bartizan.dev/v1alpha1\nkind: RulePack\nmetadata: {name: NAME}\nspec:\n  rules:\n  - \
                  {id: NAME-rule, category: pii, owasp: [LLM02], action: audit, phrases: [word word], examples: {match: \
                  [word word], noMatch: [word]}}\n";
    let others = ["used", "idle"].map(|name| others.replace("NAME", name)).concat();
    let table = [
        (
            "  thresholds: [{roles: [tool]}]\n",
            "7:16: spec.thresholds[0]: the entry changes nothing; add audit or act",
        ),
        (
            "  thresholds: [{audit: 0.9, act: 0.5}]\n",
            "7:16: spec.thresholds[0]: audit is above act, so that nothing between them would be reported; set audit no \
             higher than act",
        ),
        (
            "  thresholds: [{audit: 0.5, act: 1.5}]\n",
            "7:34: spec.thresholds[0].act: 1.5 is out of range; write a number from 0 to 1, or never",
        ),
        (
            "  thresholds: [{act: always}]\n",
            "7:22: spec.thresholds[0].act: \"always\" is not a number; write a number from 0 to 1, or never",
        ),
        (
            "  thresholds: [{act: [1]}]\n",
            "7:22: spec.thresholds[0].act: a number belongs here, not a list",
        ),
        (
            "  thresholds: [{roles: [tools], act: 1}]\n",
            "7:25: spec.thresholds[0].roles[0]: \"tools\" is not one of system, user, assistant, tool, document; did you \
             mean \"tool\"?",
        ),
        (
            "  exceptions: [{name: e, action: allow}]\n",
            "7:16: spec.exceptions[0]: the exception is about everything; say what it is about with rules, categories, \
             tenants, models or routes",
        ),
        (
            "  exceptions: [{name: e, rules: [], action: allow}]\n",
            "7:33: spec.exceptions[0].rules: the list is empty; write at least one entry",
        ),
        (
            "  exceptions: [{name: e, rules: [use-rule], action: allow}]\n",
            "7:34: spec.exceptions[0].rules[0]: there is no rule \"use-rule\"; did you mean \"used-rule\"?",
        ),
        (
            "  exceptions: [{name: e, rules: [idle-rule], action: allow}]\n",
            "7:34: spec.exceptions[0].rules[0]: the rule \"idle-rule\" is in no RulePack in force; add its RulePack to \
             rulePacks, or remove the name here",
        ),
        (
            "  exceptions: [{name: e, tenants: [acme], action: audit}]\n",
            "7:36: spec.exceptions[0].tenants[0]: there is no Tenant \"acme\"; add a Tenant of that name",
        ),
        (
            "  exceptions: [{name: e, models: [gpt], action: audit}]\n",
            "7:35: spec.exceptions[0].models[0]: there is no Model \"gpt\"; add a Model of that name",
        ),
        (
            "  exceptions: [{name: e, routes: [v1], action: audit}]\n",
            "7:35: spec.exceptions[0].routes[0]: \"v1\" is not a path or pattern; write a path without query, or the \
             beginning of paths and *, such as /v1/messages or /v1/*",
        ),
        (
            "  exceptions: [{name: e, routes: [/v1/*], action: block}]\n",
            "7:51: spec.exceptions[0].action: \"block\" is not one of allow, audit",
        ),
        (
            "  exceptions:\n  - {name: e, routes: [/v1/*], action: audit}\n  - {name: e, categories: [pii], action: audit}\n",
            "9:12: spec.exceptions[1].name: exceptions[0] has the same name, \"e\"; give each exception a name of its own",
        ),
        (
            "  allowList: ['  ']\n",
            "7:15: spec.allowList[0]: \"  \" is not a text; write up to 4000 bytes, not only white space",
        ),
        (
            "  exemptRoles: [system]\n",
            "7:3: spec.exemptRoles: there is no field \"exemptRoles\"; the fields here are actions",
        ),
    ];
    for (rest, expected) in table {
        let errors = compile(&[source("p.yaml", &(policy(rest) + &others))]).unwrap_err();
        let shown = errors.first().map(ToString::to_string).unwrap_or_default();
        assert!(shown.starts_with(&format!("p.yaml:{expected}")), "{rest}: {errors:#?}");
        assert_eq!(errors.len(), 1, "{errors:#?}");
    }
    let good = "  thresholds: [{audit: never}, {act: 1}, {audit: 0.5, act: never}]\n  exceptions: [{name: e, rules: \
                [used-rule], models: [gpt-*], action: audit}]\n  allowList: [word word]\n";
    compile(&[source("p.yaml", &(policy(good) + &others))]).unwrap();
}

#[test]
fn a_rule_of_a_detector_is_a_rule_like_any_other() {
    let rule = |rest: &str| {
        let head = "  rules:\n    - id: r\n      category: resource-abuse\n      owasp: [LLM10]\n      action: block\n";
        document("RulePack", "pack", &format!("{head}{rest}"))
    };
    let examples = "      examples: {match: [{text: 'word ', times: 1000}], noMatch: [word]}\n";
    let table = [
        (format!("      detector: repetition\n{examples}"), None),
        (
            format!("      detector: repetitions\n{examples}"),
            Some("10:17: spec.rules[0].detector: \"repetitions\" is not "),
        ),
        (
            format!("      detector: repetition\n      score: 0.9\n{examples}"),
            Some(
                "11:14: spec.rules[0].score: a detector gives each finding its own score; remove score, and set \
                 thresholds in the ThreatPolicy",
            ),
        ),
        (
            format!("      detector: repetition\n      validate: luhn\n{examples}"),
            Some(
                "11:17: spec.rules[0].validate: only the match of a regex can be validated; remove validate, or match \
                 with a regex",
            ),
        ),
        (
            format!("      detector: repetition\n      phrases: [word word]\n{examples}"),
            Some("10:17: spec.rules[0].detector: the rule has both phrases and detector; make it two rules"),
        ),
        (
            "      detector: repetition\n      examples: {match: [{text: 'word ', times: 9, role: tool}], noMatch: \
             [{text: word, times: 100001}]}\n"
                .to_owned(),
            Some(
                "11:96: spec.rules[0].examples.noMatch[0].times: 100001 is out of range; write a whole number from 1 to \
                 100000",
            ),
        ),
        (
            "      detector: repetition\n      examples: {match: [{text: 'word ', times: 9, role: tool}], noMatch: \
             [word]}\n"
                .to_owned(),
            Some(
                "11:26: spec.rules[0].examples.match[0]: the rule finds nothing in \"word word word word word word word \
                 word word \"; correct the rule or the example",
            ),
        ),
        (
            "      phrases: [word word]\n      score: 1.5\n      examples: {match: [word word], noMatch: [{texts: w}]}\n"
                .to_owned(),
            Some("11:14: spec.rules[0].score: 1.5 is out of range; write a number from 0 to 1"),
        ),
        (
            "      phrases: [word word]\n      score: 0\n      examples: {match: [word word], noMatch: [word]}\n"
                .to_owned(),
            Some("11:14: spec.rules[0].score: a rule with the score 0 finds nothing; use up to 1, or remove the rule"),
        ),
        (
            "      phrases: [word word]\n      score: 0.2\n      examples: {match: [word word], noMatch: [word]}\n"
                .to_owned(),
            None,
        ),
    ];
    for (rest, expected) in table {
        let messages = mistakes(&rule(&rest));
        let first = messages.first().map(String::as_str);
        let expected = expected.map(|expected| format!("p.yaml:{expected}"));
        match expected {
            Some(expected) => assert!(first.is_some_and(|first| first.starts_with(&expected)), "{messages:#?}"),
            None => assert_eq!(first, None),
        }
    }
}

#[test]
fn every_file_is_read_to_its_end() {
    let good = THREATS.trim_start_matches("\n---\n");
    let errors = compile(&[
        source("b.yaml", "kind: [\n"),
        source("a.yaml", "kind: Nothing\n"),
        source("c.yaml", good),
        source("d.yaml", &" ".repeat(MAX_SOURCE_BYTES + 1)),
    ])
    .unwrap_err();
    let files: Vec<_> = errors.iter().map(|error| error.file.as_str()).collect();
    assert_eq!(files, ["a.yaml", "b.yaml", "d.yaml"], "{errors:?}");
}

#[test]
fn what_an_unreadable_file_may_hold_is_not_missed() {
    let errors = compile(&[
        source("broken.yaml", "a: [\n"),
        source(
            "model.yaml",
            "{apiVersion: bartizan.dev/v1alpha1, kind: Model, metadata: {name: chat}, spec: {provider: elsewhere}}",
        ),
    ])
    .unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((errors[0].file.as_str(), errors[0].line), ("broken.yaml", 2));
}

#[test]
fn there_is_always_a_threat_policy() {
    for sources in [vec![], vec![source("empty.yaml", "# nothing\n")]] {
        let errors = compile(&sources).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(
            errors[0].to_string(),
            "there is no ThreatPolicy; add one, named default"
        );
    }
}

#[test]
fn jobs_are_bounded() {
    let table = [
        (
            "  jobs: {keep: 31d}\n",
            "5:16: spec.jobs.keep: \"31d\" is too long; write at most 30d",
        ),
        (
            "  jobs: {maxDuration: 25h}\n",
            "5:23: spec.jobs.maxDuration: \"25h\" is too long; write at most 24h",
        ),
    ];
    for (spec, expected) in table {
        assert_mistakes(&document("Gateway", "default", spec), &[&format!("p.yaml:{expected}")]);
    }
}

#[test]
fn mistakes_in_prices_are_reported() {
    let table = [
        (
            "  currency: usd\n  prices: []\n",
            "5:13: spec.currency: \"usd\" is not a currency; write the three letters of ISO 4217, such as USD",
        ),
        (
            "  currency: USD\n  prices: [{model: a, input: 1}, {model: a, input: 2}]\n",
            "6:34: spec.prices[1]: \"a\" has a price already; remove one of the two",
        ),
        (
            "  currency: USD\n  prices: [{model: a, input: -1}]\n",
            "6:30: spec.prices[0].input: -1 is out of range; write a number from 0 to \
             1000000",
        ),
    ];
    for (spec, expected) in table {
        assert_mistakes(
            &document("PriceList", "default", spec),
            &[&format!("p.yaml:{expected}")],
        );
    }
}
