use core::fmt;

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name used in policy documents, headers and metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of that name, if there is one. Names are case-sensitive.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

named! {
    /// What a rule looks for. The set is closed so that metrics stay of low cardinality.
    Category {
        /// Text that tries to override the operator's instructions (OWASP LLM01).
        PromptInjection => "prompt-injection",
        /// Text that tries to talk the model out of its safety training (OWASP LLM01).
        Jailbreak => "jailbreak",
        /// Attempts to read the system prompt (OWASP LLM07).
        PromptExtraction => "prompt-extraction",
        /// Tokens by which chat templates tell roles apart, where only text belongs (OWASP LLM01).
        SpecialTokens => "special-tokens",
        /// Markup that carries data out when it is shown, such as an image whose address is made of it (OWASP LLM02).
        Exfiltration => "exfiltration",
        /// Text that a reader does not see and a model does (OWASP LLM01).
        HiddenText => "hidden-text",
        /// Credentials and private keys (OWASP LLM02).
        Secrets => "secrets",
        /// Personal data (OWASP LLM02).
        Pii => "pii",
        /// Text that changes the database query it is put into (OWASP LLM05).
        SqlInjection => "sql-injection",
        /// Text that becomes code in the page it is shown on (OWASP LLM05).
        CrossSiteScripting => "cross-site-scripting",
        /// Text that becomes a command of the shell it is handed to (OWASP LLM05).
        CommandInjection => "command-injection",
        /// Paths and addresses that lead where they should not (OWASP LLM05).
        FileInclusion => "file-inclusion",
        /// Text made to cost: the same over and over (OWASP LLM10).
        ResourceAbuse => "resource-abuse",
    }
}

named! {
    /// What is done about a finding, from mildest to strictest; the strictest of a message's findings wins.
    Action {
        /// Nothing; the finding is not reported either.
        Allow => "allow",
        /// Reported, and passed on unchanged.
        Audit => "audit",
        /// Replaced by a placeholder, and reported.
        Mask => "mask",
        /// The whole message is refused.
        Block => "block",
    }
}

named! {
    /// How far a policy is in force.
    Mode {
        /// Findings are acted upon.
        Enforce => "enforce",
        /// Findings are reported, nothing is masked or blocked.
        Audit => "audit",
        /// Nothing is scanned.
        Off => "off",
    }
}

named! {
    /// Whose words a text is.
    Role {
        /// The operator of the application: system and developer messages.
        System => "system",
        /// Whoever talks to the application.
        User => "user",
        /// The model.
        Assistant => "assistant",
        /// Tools: what they are described as, are called with and give back.
        Tool => "tool",
        /// A document that somebody attached, or that was retrieved.
        Document => "document",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
        for category in Category::ALL {
            assert_eq!(Category::parse(category.as_str()), Some(*category));
        }
        assert_eq!(Action::parse("Block"), None);
        assert!(Action::Block > Action::Mask && Action::Mask > Action::Audit && Action::Audit > Action::Allow);
        assert_eq!(Mode::parse("off"), Some(Mode::Off));
    }
}
