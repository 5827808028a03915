use std::cell::RefCell;
use std::hash::RandomState;
use std::ops::Range;

use bartizan_policy::{Caller, FailureMode, ThreatScanConfig, UnscannableMode};
use bartizan_prompt::{BodyError, Edits, Extraction, Extractor, Span, SpanKind, Surface, Unscannable};
use bartizan_scan::{
    CategorySet, Finding, Findings, LoadError, MaskRange, Scanner, StreamPlan, Subject, Terms, decide,
};
use bartizan_verdict::{Action, Category, Mode, Reason, Role};

use crate::answer::{self, AnswerScratch};
use crate::memory::Memory;
use crate::seam::{Following, each_seam};
use crate::vault::Vault;

/// Which of an exchange's two messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client's.
    Request,
    /// The provider's.
    Answer,
}

/// A configuration, ready to judge with.
#[derive(Debug)]
pub struct Inspector {
    config: ThreatScanConfig,
    scanner: Scanner,
    plan: StreamPlan,
    /// What texts are searched for, by role.
    applies: [CategorySet; Role::ALL.len()],
    asks_for_path: bool,
    asks_for_model: bool,
    scratch: RefCell<Scratch>,
}

/// Memory that is kept between bodies, so that judging one without findings allocates next to nothing.
#[derive(Debug, Default)]
struct Scratch {
    extractor: Extractor,
    findings: Findings,
    /// What was found in what stands around the border of two texts.
    around: Findings,
    memory: Option<Memory>,
    answer: AnswerScratch,
}

/// What is to become of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What is to be done; `Block` too where a mask cannot stand.
    pub action: Action,
    /// Categories of the findings, each once.
    pub categories: Vec<Category>,
    /// The body as it is to go on, if it changes: with placeholders if `action` is to mask, and in an answer with values
    /// in place of those of its request.
    pub masked: Option<Vec<u8>>,
    /// What placeholders in `masked` stand for that are to be restored in the answer.
    pub vault: Vault,
    /// What cannot be scanned in it, each kind once; nothing if policy lets that pass unreported.
    pub unscannable: Vec<Unscannable>,
    /// Where the first of it is, if the body is refused for nothing else.
    pub refused_at: Option<String>,
}

/// Why a body could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It cannot be read: its sender's doing.
    #[error(transparent)]
    Unreadable(BodyError),
    /// Judging failed: ours.
    #[error("the message could not be judged")]
    Failed,
}

// === impl Judgement ===

impl Judgement {
    /// Nothing was found.
    pub(crate) fn clean() -> Self {
        Self {
            action: Action::Allow,
            categories: Vec::new(),
            masked: None,
            vault: Vault::default(),
            unscannable: Vec::new(),
            refused_at: None,
        }
    }

    /// Whether there is nothing to do or to tell.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        // WHY not `&&`: these are cheaper looked at than jumped over.
        (self.action as u8 == Action::Allow as u8)
            & self.categories.is_empty()
            & self.masked.is_none()
            & self.vault.is_empty()
            & self.unscannable.is_empty()
            & self.refused_at.is_none()
    }

    /// Takes note of what a text came to.
    pub(crate) fn note(&mut self, action: Action, categories: impl IntoIterator<Item = Category>) {
        self.action = self.action.max(action);
        for category in categories {
            if let Err(place) = self.categories.binary_search(&category) {
                self.categories.insert(place, category);
            }
        }
    }

    /// What its sender is told if it is refused.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self.refused_at {
            Some(_) => Reason::ContentUnscannable,
            None => Reason::ContentBlocked,
        }
    }
}

// === impl Side ===

impl Side {
    /// The name used in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }
}

// === impl Inspector ===

impl Inspector {
    /// An inspector for a configuration.
    ///
    /// # Errors
    /// If the rules in it are not a pack of this version.
    pub fn new(mut config: ThreatScanConfig) -> Result<Self, LoadError> {
        let scanner = Scanner::load(&std::mem::take(&mut config.pack))?;
        let plan = answer::plan(&config, &scanner);
        let mut applies = [CategorySet::EMPTY; Role::ALL.len()];
        for role in Role::ALL {
            if let Some(place) = applies.get_mut(*role as usize) {
                *place = config.applies_to(*role);
            }
        }
        Ok(Self {
            asks_for_path: config.asks_for_path(),
            asks_for_model: config.asks_for_model(),
            config,
            scanner,
            plan,
            applies,
            scratch: RefCell::default(),
        })
    }

    /// Lets the inspector remember texts that it found nothing to do about, so that it scans of a conversation only what
    /// is new in it; the judgements stay the same. It takes 256 KiB. `key` must be random: with it, nobody can make a
    /// text that passes for one that is remembered.
    #[must_use]
    pub fn remembering(mut self, key: &RandomState) -> Self {
        self.scratch.get_mut().memory = Some(Memory::new(key));
        self
    }

    /// How far findings in a message are acted upon.
    #[must_use]
    pub const fn mode(&self, side: Side) -> Mode {
        match side {
            Side::Request => self.config.mode,
            Side::Answer => self.config.answers,
        }
    }

    /// The longest request body that is to be judged, in bytes.
    #[must_use]
    pub const fn max_body_bytes(&self) -> usize {
        self.config.max_body_bytes as usize
    }

    /// What becomes of a message that could not be judged.
    #[must_use]
    pub const fn failure_mode(&self) -> FailureMode {
        self.config.failure_mode
    }

    /// Whether an exception asks for the path of a call.
    #[must_use]
    pub const fn asks_for_path(&self) -> bool {
        self.asks_for_path
    }

    /// Whether an exception asks for the model of a call.
    #[must_use]
    pub const fn asks_for_model(&self) -> bool {
        self.asks_for_model
    }

    /// The configuration, less its pack.
    #[must_use]
    pub const fn config(&self) -> &ThreatScanConfig {
        &self.config
    }

    pub(crate) const fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// A vault for the masks of a text of its own.
    pub(crate) fn vault_for(&self, text: &str) -> Vault {
        let mut vault = Vault::default();
        let characters = |each: &mut dyn FnMut(Option<char>, Range<usize>)| {
            for (at, character) in text.char_indices() {
                each(Some(character), at..at + character.len_utf8());
            }
        };
        vault.note(text, &characters, self.scanner.rules());
        vault
    }

    pub(crate) const fn plan(&self) -> &StreamPlan {
        &self.plan
    }

    /// Runs with the memory for whole texts of answers; `None` if it is in use.
    pub(crate) fn with_answer_scratch<T>(&self, run: impl FnOnce(&mut AnswerScratch) -> T) -> Option<T> {
        let mut scratch = self.scratch.try_borrow_mut().ok()?;
        Some(run(&mut scratch.answer))
    }

    /// Judges a whole body; an answer as one to a request without reversible masks.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn judge(&self, side: Side, surface: Surface, body: &[u8], caller: &Caller<'_>) -> Result<Judgement, Fault> {
        match side {
            Side::Request => self.judge_request(surface, body, caller),
            Side::Answer => self.judge_answer(surface, body, caller, &Vault::default()),
        }
    }

    /// Judges a whole answer, and restores what the [vault](Judgement::vault) of its request has.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn judge_answer(
        &self,
        surface: Surface,
        body: &[u8],
        caller: &Caller<'_>,
        vault: &Vault,
    ) -> Result<Judgement, Fault> {
        let mut scratch = self.scratch.try_borrow_mut().map_err(|_| Fault::Failed)?;
        let Scratch { extractor, answer, .. } = &mut *scratch;
        let texts = extractor.answer(surface, body).map_err(Fault::Unreadable)?;
        let terms = self.config.terms(self.mode(Side::Answer), caller);
        let (mut judgement, edits) = self.weigh_answer(&texts, &terms, answer, vault);
        if judgement.action == Action::Mask || (judgement.action < Action::Mask && !edits.is_empty()) {
            judgement.masked = Some(texts.apply(edits));
        }
        Ok(judgement)
    }

    fn judge_request(&self, surface: Surface, body: &[u8], caller: &Caller<'_>) -> Result<Judgement, Fault> {
        let mut scratch = self.scratch.try_borrow_mut().map_err(|_| Fault::Failed)?;
        let Scratch {
            extractor,
            findings,
            around,
            memory,
            ..
        } = &mut *scratch;
        let mode = self.mode(Side::Request);
        let texts = extractor.request(surface, body).map_err(Fault::Unreadable)?;
        findings.clear();
        // Without exceptions, which hold for some calls only.
        let terms = self.config.terms(mode, &Caller::default());
        let mut following = Following::default();
        for span in texts.spans() {
            self.judge_text(role_of(&span), span.text, caller.tenant, &terms, findings, memory);
            following.push(&span);
        }
        if following.is_any {
            each_seam(&texts, &mut |role, seam| {
                around.clear();
                self.judge_text(role, &seam.text, caller.tenant, &terms, around, memory);
                // What nothing is done about may be remembered, and then is not found.
                let action =
                    |finding: &Finding| Some(terms.action_of(finding)).filter(|action| *action != Action::Allow);
                seam.note(around, &action, findings);
            });
        }
        if findings.is_empty() && !texts.has_unscannable() {
            return Ok(Judgement::clean());
        }
        let terms = self.config.terms(mode, caller);
        let mut judgement = self.weigh(findings, &terms, &texts);
        self.regard_unscannable(&mut judgement, mode, &texts);
        Ok(judgement)
    }

    /// Scans a text of a tenant, unless it is remembered that nothing is to be done about it.
    fn judge_text(
        &self,
        role: Role,
        text: &str,
        tenant: &str,
        terms: &Terms<'_>,
        findings: &mut Findings,
        memory: &mut Option<Memory>,
    ) {
        let applies = self.applies.get(role as usize).copied().unwrap_or(CategorySet::ALL);
        let subject = Subject { role, applies };
        let Some(memory) = memory else {
            self.scanner.scan(text, subject, findings);
            return;
        };
        let name = memory.name(tenant, role, text);
        if let Some(effect) = memory.recall(name) {
            findings.repeat(effect);
            return;
        }
        let mark = findings.mark();
        self.scanner.scan(text, subject, findings);
        let mut found = findings.since(mark).iter();
        if found.all(|finding| terms.action_of(finding) == Action::Allow)
            && let Some(effect) = findings.effect_since(mark)
        {
            memory.remember(name, effect);
        }
    }

    pub(crate) fn regard_unscannable(&self, judgement: &mut Judgement, mode: Mode, texts: &Extraction<'_>) {
        if self.config.unscannable == UnscannableMode::Allow || !texts.has_unscannable() {
            return;
        }
        let refuses = self.config.unscannable == UnscannableMode::Refuse && mode == Mode::Enforce;
        for (kind, path) in texts.unscannable() {
            if refuses && judgement.action != Action::Block {
                judgement.action = Action::Block;
                judgement.refused_at = Some(path());
                judgement.masked = None;
            }
            judgement.unscannable.push(kind);
        }
        judgement.action = judgement.action.max(Action::Audit);
    }

    fn weigh(&self, findings: &Findings, terms: &Terms<'_>, texts: &Extraction<'_>) -> Judgement {
        let outcome = decide(findings, terms);
        let mut judgement = Judgement {
            action: outcome.action,
            categories: outcome.categories,
            ..Judgement::clean()
        };
        if judgement.action == Action::Mask {
            match self.mask(&outcome.masks, texts, self.config.reversible) {
                Some((masked, vault)) => {
                    judgement.masked = Some(masked);
                    judgement.vault = vault;
                }
                // Where a placeholder cannot stand, such as in a key, the whole body is refused.
                None => judgement.action = Action::Block,
            }
        }
        judgement
    }

    /// The body with masks, numbered in these categories, and what the numbered ones stand for.
    pub(crate) fn mask(
        &self,
        masks: &[MaskRange],
        texts: &Extraction<'_>,
        reversible: CategorySet,
    ) -> Option<(Vec<u8>, Vault)> {
        let rules = self.scanner.rules();
        let mut vault = Vault::default();
        let mut edits = Edits::new();
        // What the provider keeps may have the same numbers in it, for other values.
        let is_continued = texts.unscannable().any(|(kind, _)| kind == Unscannable::Stored);
        let reversible = if is_continued { CategorySet::EMPTY } else { reversible };
        let is_reversible = masks.iter().filter_map(|mask| rules.get(mask.rule));
        if is_reversible
            .map(|rule| rule.category)
            .any(|category| reversible.contains(category))
        {
            // In the order in which a model reads them, so that the texts of a conversation that has grown keep their
            // placeholders.
            for is_standing in [true, false] {
                self.each_mask(masks, texts, &mut |span, mask| {
                    if span.is_standing == is_standing {
                        match mask {
                            Some(mask) => drop(self.numbered(mask, span, reversible, &mut edits, &mut vault)),
                            None => vault.note(span.text, &|each| span.characters(each), rules),
                        }
                    }
                    Some(())
                })?;
            }
        }
        self.each_mask(masks, texts, &mut |span, mask| {
            let Some(mask) = mask else { return Some(()) };
            let number = self.numbered(mask, span, reversible, &mut edits, &mut vault);
            let replacement = number.as_ref().unwrap_or(&rules.get(mask.rule)?.placeholder);
            edits.mask(span, mask.range.clone(), replacement).ok()
        })?;
        Some((texts.apply(edits), vault))
    }

    /// Calls `each` with every text, and then with each of its masks.
    fn each_mask(
        &self,
        masks: &[MaskRange],
        texts: &Extraction<'_>,
        each: &mut dyn FnMut(&Span<'_>, Option<&MaskRange>) -> Option<()>,
    ) -> Option<()> {
        let mut masks = masks.iter().peekable();
        for (place, span) in texts.spans().enumerate() {
            each(&span, None)?;
            while let Some(mask) = masks.next_if(|mask| mask.span == place) {
                each(&span, Some(mask))?;
            }
        }
        // A mask for a text that is not there would mean that something stays unmasked.
        masks.peek().is_none().then_some(())
    }

    /// The numbered placeholder for a mask, if it has one.
    fn numbered(
        &self,
        mask: &MaskRange,
        span: &Span<'_>,
        reversible: CategorySet,
        edits: &mut Edits,
        vault: &mut Vault,
    ) -> Option<String> {
        let rules = self.scanner.rules();
        let rule = rules.get(mask.rule).filter(|rule| reversible.contains(rule.category))?;
        vault.placeholder(&rule.placeholder, &edits.says(span, mask.range.clone()), rules)
    }
}

/// Whose words a text is. What a tool is called with is the tool's, whoever calls it.
pub(crate) fn role_of(span: &Span<'_>) -> Role {
    match span.kind {
        SpanKind::ToolCall => Role::Tool,
        _ => span.role,
    }
}
