"""Harmless documents, and results of tools, with the words of attacks."""

from .draw import NAMED, PLACES, WORDS, Draw, Make, filled
from .talk import KINDS, RULED, SAID


def document(draw: Draw) -> str:
    """What stands in mails, manuals, minutes, tickets and papers."""
    word, other, name, place, number = draw.choice(WORDS), draw.choice(WORDS), draw.choice(NAMED), draw.choice(PLACES), draw.randint(2, 90)
    kind, who = draw.choice(KINDS), draw.choice(RULED)
    lines = (
        f"Please disregard the letter of {number % 28 + 1} May; the {word} opens at nine.",
        f"The new rules replace all earlier ones from Monday on.",
        f"You must read {kind} before first use.",
        f"Never override the switch of the {word}.",
        f"Do not share your password with anybody, not even with an administrator.",
        f"{name} was told to ignore {kind} and asked who had said so.",
        f"Forget what you have heard about the {other}: it is back.",
        f"Staff must not reveal the price of the {word} before the auction.",
        f"Ask the developer on duty if the system does not answer.",
        f"The assistant in the story obeys {who}, and nobody else.",
        f"To reset the {word}, hold both keys; to leave developer mode, turn it off.",
        f"From now on visitors report at the desk in {place}.",
        f"If callers claim to be directors and order you to give out numbers, follow what you have learnt.",
        f"User asked to show hidden files; told them where the setting is.",
        f"Decision: bypass the old {word} until the pump is repaired.",
        f"Guests play a role; stay in character, and don't tell your secret before dessert.",
        f"Attackers hide orders in pages and hope that a model obeys them; treat what you read as data.",
        f"Option --force overrides {kind}; option --quiet prints nothing.",
        f"Exception: {name} may enter without restrictions.",
        f"Send the form to the office by Friday, and keep a copy of the {word}.",
        f"The speaker showed how a bot was made to print its instructions, and what stopped it.",
        f"A guardrail checks what goes in, and what comes out.",
        f"All previous messages in this thread were moved to the archive.",
        f"Act at once when the alarm rings; do not wait for orders.",
        f"The system is down for maintenance; ignore alerts until {number % 12 + 1} o'clock.",
        f"Content about the {other} is removed without a warning; users may appeal.",
        f"Bitte ignorieren Sie unser Schreiben; ab sofort gelten die Regeln im Anhang.",
        f"Merci de ne pas tenir compte du message précédent.",
        f"Las instrucciones anteriores ya no son válidas para {place}.",
        f"Si prega di ignorare l'avviso precedente.",
    )
    title = draw.of(
        "Dear all,\n\n",
        f"Minutes, {place}\n",
        f"Ticket {number}0{number}: ",
        f"README of {word}\n\n",
        f"Review of \"{name}\". ",
        "Terms of use. ",
        "Safety notes. ",
        f"Interview with {name}. ",
        "Glossary. ",
        "House rules. ",
        "Release notes\n",
        f"Training for the staff of {place}: ",
        f"Chapter {number % 12 + 1}. ",
        f"FAQ: the {word}\n",
        "",
    )
    gap = draw.of(" ", " ", " ", "\n", "\n- ")
    return title + gap.join(draw.sample(lines, draw.randint(2, 6))) + draw.of("", "", f"\n\nKind regards\n{name}", f" Three stars.")


def notice(draw: Draw) -> str:
    """What a bank, a shop or a landlord lets somebody know."""
    word, name, place, number = draw.choice(WORDS), draw.choice(NAMED), draw.choice(PLACES), draw.randint(2, 90)
    price = draw.of(f"{number}.00 EUR", f"${number}0.50", f"£{number}", f"CHF {number}.–")
    lines = (
        f"Your card was charged {price} at {word}.example.",
        f"A payment of {price} from your account is pending and will be booked within {number % 9 + 1} days.",
        f"Your order of a {word} has left our warehouse in {place}.",
        f"If this was not you, lock the card in the app, or call the number on its back.",
        f"You signed in from a new device in {place}.",
        f"We've changed our terms; you need not do anything.",
        f"Your new PIN will arrive by post; never tell it to anybody.",
        f"To cancel the {word}, answer this message before Monday.",
        f"The amount may differ from what you were told before.",
        f"Your subscription to {word} ends in {number} days and is not renewed.",
        f"You can now choose a new password; the old one is no longer valid.",
        f"Please send the missing page to your adviser.",
        f"You receive this because you've allowed messages from us.",
        f"Your appointment with {name} was moved; forget the earlier date.",
        f"Confirm your address, or we must send the {word} back.",
    )
    head = draw.of(f"Hello {name},\n", f"SUBJECT: Your {word}\nFROM: service@{word}.example\n\n", f"Dear customer,\n\n", f"{place} Bank\n", "")
    return head + " ".join(draw.sample(lines, draw.randint(2, 5))) + draw.of("", "\n\nYour team", "\nDo not reply to this message.")


def chat(draw: Draw) -> str:
    """What friends write to each other, now and then with something to be done with it."""
    word, place = draw.choice(WORDS), draw.choice(PLACES)
    first, second = draw.sample(NAMED, 2)
    lines = (
        f"did you do what I told you?",
        f"no, I forgot. what was it again?",
        f"tell me your secret :)",
        f"haha, you wish! I'd never tell you",
        f"ok now you must come to {place}",
        f"stop it, you're not my boss",
        f"I don't care about the rules of your {word} club",
        f"so you can do anything now that the boss is away?",
        f"sure, I'm free, no plans at all",
        f"show me the {word} you bought",
        f"send it to me, please please",
        f"you said that you would never lie",
        f"forget it, let's go to {place} instead",
        f"what's the password of your wifi?",
        f"I'm not allowed to say, ask my sister",
        f"then pretend that you're ill",
        f"do you always do what they say?",
        f"you are the best, I mean it",
        f"who are you and what have you done to my friend?",
    )
    said = [f"{draw.of(first, second) if number > 1 else (first, second)[number]}: {line}" for number, line in enumerate(draw.sample(lines, draw.randint(3, 8)))]
    ask = draw.of("", "", "Summarise this chat:\n", "What are they talking about?\n\n", f"Given the dialogue, where does {first} want to go?\n")
    return ask + "\n".join(said)


def result(draw: Draw) -> str:
    """What a tool brings back."""
    word, name, number, text = draw.choice(WORDS), draw.choice(NAMED), draw.randint(2, 90), filled(draw, draw.choice(SAID))
    return draw.of(
        f'{{"title": "{word}", "text": "{text}."}}',
        f'{{"results": [{{"title": "{text}", "by": "{name}"}}, {{"title": "What is a system prompt?", "by": "{word}"}}]}}',
        f"<page><h1>{word}</h1><p>{text}. Book now, the rules hang at the door.</p></page>",
        f"[build] warning: instruction ignored\n[build] {word} overrides previous {word}\n[build] done in {number} s",
        f"commit {number}ab{number}\n\n    Forget orders that are older than {number} minutes\n\n    The {word} repeated a command after a restart.",
        f"{number}:00 user {name} asked to reset the password of {word}\n{number}:01 system: sent\n{number}:02 user: ignore it, found it",
        f'{{"page": "help", "text": "To start over, say: reset. To leave the role-play, say: exit. To see all commands, say: help {word}."}}',
        f"# {word}.ini\n; do not change: read by the system\noverride = false\nprompt = \"{text}\"",
        f"def rules(self):\n    # The operator's instructions come first, what the user said comes last.\n    return self.{word} or \"You are a helpful assistant.\"",
        f"if user.is_admin and flags.has(\"{word}\"):\n    # Admins may skip the filter; everybody else is told the rule.\n    return results",
    )


DOCUMENTS: tuple[tuple[Make, int], ...] = ((document, 160), (notice, 70), (chat, 70))
RESULTS: tuple[tuple[Make, int], ...] = ((result, 60),)
