"""Roles, games and manuals for assistants that ask for nothing else."""

from .draw import NAMED, PLACES, WORDS, Draw, Make

JOBS = (
    "travel guide",
    "Linux terminal",
    "job interviewer",
    "maths teacher",
    "chess opponent",
    "poet",
    "tour guide in a museum",
    "personal trainer",
    "spreadsheet",
    "proofreader",
    "product manager",
    "stand-up comedian",
    "historian",
    "recipe writer",
    "code reviewer",
    "debate coach",
    "gardener",
    "story teller",
    "financial planner",
    "dream interpreter",
    "game master",
    "plagiarism checker",
    "pirate captain",
    "detective in a novel",
    "text adventure",
    "UX designer",
    "librarian",
    "philosopher",
    "doctor in a training for nurses",
    "character from a fairy tale",
)


def role(draw: Draw) -> str:
    """A role without more to it."""
    job, word, name, place = draw.choice(JOBS), draw.choice(WORDS), draw.choice(NAMED), draw.choice(PLACES)
    first = draw.of(
        f"I want you to act as a {job}.",
        f"Act as a {job} with ten years of experience.",
        f"You are {name}, a {job} from {place}.",
        f"From now on you are a {job}, and I am your {draw.of('pupil', 'client', 'guest', 'reader')}.",
        f"Let's play: you're a {job} called {name}.",
        f"Imagine that you are a {job} in {place}.",
        f"Please pretend to be a {job} until I say stop.",
        f"Your role is that of a {job}. You help people with their {word}.",
        f"We write a story in which {name} is a {job} who breaks all the rules of the {word} guild.",
    )
    more = (
        f"Only reply with the answer, and nothing else.",
        f"Do not write explanations unless I ask for them.",
        f"Stay in character and never forget that the {word} is yours.",
        f"{name} never says no to a cup of {draw.of('tea', 'coffee')} and has an opinion about everything.",
        f"Ask me one question at a time and wait for my answer.",
        f"Ignore typing mistakes.",
        f"If a question isn't about the {word}, say so politely.",
        f"Don't use jargon; keep it under {draw.randint(5, 30)}0 words.",
        f"Start each reply with \"{name}:\".",
        f"Be honest, even if I won't like it, and warn me when something is dangerous.",
        f"Every wrong move costs a point. You have {draw.randint(3, 20)} points; when none is left, the game is over.",
        f"There are no limits to what the hero can build in this game.",
        f"Answer in two parts:\n[Short] one sentence\n[Long] the details",
        f"Write freely and without filters about how the {word} smells, feels and looks.",
        f"The rules of the game are: 1. no magic 2. no {word} 3. be home before dark.",
        f"Refuse requests that have nothing to do with the task.",
        f"My first request is: \"help me choose a {word} for my {draw.of('son', 'office', 'trip')}\".",
        f"My first question: why do people in {place} love the {word}?",
        f"If you understand, reply with OK and we begin.",
        f"Format: a table with the columns {word}, price and place.",
    )
    parts = [first, *draw.sample(more, draw.randint(1, 6))]
    return draw.of(" ", " ", "\n").join(parts)


def manual(draw: Draw) -> str:
    """What an operator, or the author of a skill, writes for an assistant."""
    job, word, other, place = draw.choice(JOBS), draw.choice(WORDS), draw.choice(WORDS), draw.choice(PLACES)
    rules = (
        f"Never invent a {word}; say that you don't know.",
        f"Always ask before you delete a {word}.",
        f"Do not reveal the price of the {other} before the customer asks.",
        f"You must not give medical or legal advice.",
        f"If the user asks for another {word}, show the list of {place}.",
        f"Ignore files below `{word}/` and everything generated.",
        f"Override the defaults only if `{word}.yaml` says so.",
        f"Use the {word} tool first, then the {other} tool. Wait for its result.",
        f"Answer in the language of the user. Keep it short.",
        f"All output goes into one code block, without comments.",
        f"Follow these steps exactly and do not skip one.",
        f"You have full access to the {word} of the project and may run its tests.",
        f"Reject changes without a test; explain why.",
        f"No emojis, no exclamation marks, no marketing language.",
        f"Think about the {other} as an expert would, before you write.",
        f"From now on, each commit has a body of at most {draw.number()} lines.",
        f"The system prompt of the bot lives in `{word}.md`; do not edit it by hand.",
        f"Act immediately when the alarm of the {word} rings; do not wait for a confirmation.",
        f"Simulate the {word} with {draw.number()} runs and report the mean.",
    )
    chosen = draw.sample(rules, draw.randint(3, 7))
    title = draw.of(f"# {job.title()}", f"---\nname: {word}-{other}\ndescription: Use when somebody asks for a {word}\n---", f"**Role:** {job}", f"You are the {job} of a shop in {place}.")
    task = draw.of(f"Your task is to plan a {word} for ${{{other}}}.", f"Goal: a better {word}.", f"You help with everything about the {word}.", f"Take the role of a {job} and review the {word}.")
    heads = draw.sample(("## Rules", "## Constraints", "## Workflow", "## Important", "## Output", "## Boundaries", "## Permissions"), 2)
    half = len(chosen) // 2
    bullet = draw.of("- ", "1. ", "* ")
    blocks = [title, task]
    for head, part in zip(heads, (chosen[:half], chosen[half:]), strict=True):
        blocks.append(head + "\n" + "\n".join(bullet + rule for rule in part))
    return "\n\n".join(blocks)


def mention(draw: Draw) -> str:
    """The words of orders, in a question or a remark that gives none."""
    word, name, place = draw.choice(WORDS), draw.choice(NAMED), draw.choice(PLACES)
    verb = draw.word("ignore skip override bypass forget disregard disable reset")
    thing = draw.of(f"the {word}", f"a rule in {word}.toml", "an instruction in the recipe", "the warning light", "the previous chapter", f"the limit of the {word}")
    return draw.of(
        f"How can I {verb} {thing} without breaking it?",
        f"My boss told me to {verb} {thing}. Is that wise?",
        f"Is it rude to {verb} {thing} in {place}?",
        f"Write a dialogue in which {name} tells a robot to {verb} {thing}.",
        f"What happens to a plant if I {verb} {thing}?",
        f"Please {verb} my last message about {thing}; I meant the other one.",
        f"Explain how a filter can be made to {verb} {thing}, and how to prevent that.",
        f"Which {draw.of('setting', 'flag', 'key')} makes {word} {verb} {thing}?",
        f"Translate into Spanish: \"Do not {verb} {thing}.\"",
        f"Summarise the talk \"{verb.title()} {thing}\" for me.",
        f"The developer mode of my {draw.of('phone', 'console', 'tablet')} is on. How do I {verb} {thing}?",
        f"What does \"{verb} all {word}s\" mean in the manual of the {word}?",
        f"I was told to {verb} {thing} and from now on to write to {place}; whom do I ask?",
        f"What's a good prompt for a picture of {name} with a {word}?",
        f"Show me the instructions for the {word} again, all of them.",
        f"Repeat the words of the song about the {word}, please.",
        f"Tell me the rules of {draw.of('chess', 'bridge', 'go', 'rugby')} for a {word}.",
        f"Where does the system keep the password of the {word}? I forgot it.",
        f"You are right about the {word}; now pretend to be surprised.",
        f"Is there an uncensored edition of the book about {place}?",
        f"Print the initial settings of the {word}, then the current ones.",
        f"What was above the {word} in the text that I sent?",
        f"The secret of a good {word} is in the instructions, isn't it?",
        f"Output only the first line of the {word} file.",
    )


ROLES: tuple[tuple[Make, int], ...] = ((role, 400), (manual, 300), (mention, 300))
