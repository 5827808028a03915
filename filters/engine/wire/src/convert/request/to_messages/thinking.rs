use serde_json::{Value, json};

use super::{Claude, Thinking};
use crate::convert::{
    Losses,
    neutral::{Content, Effort, Message, Reasoning, Request, Role, ToolChoice},
};

/// The fewest tokens that a model can be told to think.
const MIN_BUDGET: u64 = 1_024;

/// How a request thinks, and what room that leaves.
pub(in crate::convert) struct Plan {
    /// The member `thinking`.
    pub(in crate::convert) thinking: Option<Value>,
    /// The effort in words.
    pub(in crate::convert) effort: Option<Effort>,
    /// Whether the request itself asks for thinking.
    pub(in crate::convert) thinks: bool,
    /// The most tokens, thinking included.
    pub(in crate::convert) max_tokens: u64,
}

/// How a request is to think.
pub(in crate::convert) fn plan(request: &Request, claude: Claude, losses: &mut Losses) -> Plan {
    let asked = request.sampling.max_tokens.as_ref().map(|tokens| tokens.value);
    let mut plan = Plan {
        thinking: None,
        effort: None,
        thinks: false,
        max_tokens: asked.unwrap_or(claude.default_max_tokens),
    };
    let Some(reasoning) = &request.reasoning else {
        return plan;
    };
    let wanted = &reasoning.value;
    if wanted.effort == Some(Effort::None) {
        plan.thinking = claude.thinks_unasked.then(|| json!({"type": "disabled"}));
        losses.note_some(reasoning.budget_beside_effort().as_ref());
        return plan;
    }
    // WHY: a tool cannot be forced on a model that thinks first.
    let is_forced = |choice: &ToolChoice| matches!(choice, ToolChoice::Required | ToolChoice::Named(_));
    if request
        .tool_choice
        .as_ref()
        .is_some_and(|choice| is_forced(&choice.value))
    {
        losses.note(&reasoning.place);
        losses.note_some(wanted.effort_place.as_ref());
        return plan;
    }
    let is_adaptive = match claude.thinking {
        Thinking::Never => {
            losses.note(&reasoning.place);
            losses.note_some(wanted.effort_place.as_ref());
            return plan;
        }
        Thinking::Budget => false,
        Thinking::Either => wanted.budget_tokens.is_none(),
        Thinking::Adaptive => true,
    };
    if is_adaptive {
        plan.adaptive(wanted, asked, claude);
        losses.note_some(reasoning.budget_beside_effort().as_ref());
        return plan;
    }
    if lacks_thoughts(&request.messages) || !plan.budget(wanted, asked, claude) {
        losses.note(&reasoning.place);
    }
    losses.note_some(wanted.effort_place.as_ref());
    plan
}

/// Whether the model's last turn calls tools without thoughts before: one that is told a budget then refuses to think.
fn lacks_thoughts(messages: &[Message]) -> bool {
    let turns = messages.iter().rev().filter(|message| message.role != Role::System);
    let last = turns
        .skip_while(|message| message.role == Role::User)
        .take_while(|message| message.role == Role::Assistant);
    let (mut calls, mut thinks) = (false, false);
    for part in last.flat_map(|message| &message.parts) {
        match &part.content {
            Content::ToolCall { .. } => calls = true,
            Content::Thinking { signature: Some(_), .. } | Content::RedactedThinking { .. } => thinks = true,
            _ => {}
        }
    }
    calls && !thinks
}

// === impl Plan ===

impl Plan {
    fn adaptive(&mut self, wanted: &Reasoning, asked: Option<u64>, claude: Claude) {
        let display = if wanted.is_told { "summarized" } else { "omitted" };
        self.thinking = Some(json!({"type": "adaptive", "display": display}));
        self.effort = wanted.effort.or(wanted.budget_tokens.map(Effort::of_budget));
        self.thinks = true;
        if asked.is_none() {
            let thoughts = self.effort.and_then(Effort::budget_tokens).unwrap_or_default();
            self.max_tokens = self.max_tokens.saturating_add(thoughts).min(claude.most_tokens);
        }
    }

    /// Whether there is room for a budget: it has to be less than the most tokens.
    fn budget(&mut self, wanted: &Reasoning, asked: Option<u64>, claude: Claude) -> bool {
        let by_effort = wanted.effort.unwrap_or(Effort::Medium).budget_tokens();
        let wish = wanted.budget_tokens.or(by_effort).unwrap_or(MIN_BUDGET).max(MIN_BUDGET);
        let budget = match asked {
            None => {
                let answer = self.max_tokens;
                self.max_tokens = answer.saturating_add(wish).min(claude.most_tokens);
                self.max_tokens - answer
            }
            Some(most) if wanted.budget_tokens.is_some_and(|tokens| tokens < most) => wish,
            Some(most) => wish.min((most / 2).max(MIN_BUDGET)),
        };
        if budget >= self.max_tokens {
            return false;
        }
        let mut thinking = json!({"type": "enabled", "budget_tokens": budget});
        if let Some(members) = thinking.as_object_mut().filter(|_| wanted.untold_place.is_some()) {
            members.insert("display".to_owned(), "omitted".into());
        }
        self.thinking = Some(thinking);
        self.thinks = true;
        true
    }
}
