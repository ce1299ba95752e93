"""The words of English that orders to a reader are made of, by their part in a sentence."""

import re


def words(text: str) -> frozenset[str]:
    """The words of a text, in no order."""
    return frozenset(text.split())


WORD = re.compile(r"[\w'\u2019-]+")
SENTENCE_END = re.compile(r"[.!?:;][\s\"')\]]|[\n|]")
"""One character and the next at most, so that no text takes longer than its length."""

LEADS = words(
    "please kindly now then also just and so first next finally additionally furthermore moreover lastly "
    "important urgent note attention hey hi hello dear instead simply always never ok okay"
)
"""What may stand before an order."""
MODALS = words("must should need have ought can could would will may might shall are want")
AROUND = words("to be sure make certain don't hesitate not do remember try going able required")
"""What stands between a modal, or a wish, and the order itself."""
NO_ORDER = words(
    "a an the this that these those i we you he she it they my our your his her its their who what when where why "
    "how which whose there here in on at of for from with without by about as if while because since although but "
    "or nor yet no yes thanks thank is am was were be been being has had does did can't cannot in's let's sorry "
    "congratulations welcome re fw fwd subject content to until after before during both each every any some all "
    "most many few one two three according due such"
)
"""Words that no sentence in the imperative begins with."""
YOURS = words("your ur")
REPLY = words("response responses reply answer answers output completion elucidation")
"""What only a reader who answers has."""
WORK = words(
    "code codebase solution implementation algorithm program script response reply answer elucidation software "
    "project application explanation output"
)
PIECE = words("code snippet excerpt block fragment segment section")
POINTING = words("following below subsequent provided given ensuing")
LETTERS = words(
    "letter letters vowel vowels consonant consonants character characters word words sentence sentences "
    "punctuation spaces typos emoji emojis emoticons"
)
WRITES = words(
    "write compose draft generate create summarize summarise translate paraphrase rewrite explain describe "
    "define list tell give provide show outline discuss analyze analyse compare calculate recommend suggest "
    "imagine classify identify convert encode decode print repeat say"
)
GENRES = words(
    "poem story essay haiku joke song letter article review summary recipe itinerary email speech paragraph "
    "sentence equivalent synonym synonyms antonym function example process theory concept difference meaning "
    "definition history tips advice facts plot lyrics translation tweet slogan headline blog dialogue plan "
    "steps terms scandal tip"
)
ASSISTANT = words("ai assistant chatbot bot llm gpt chatgpt gpt-4 gpt-4o claude gemini llama copilot")
DROPS = words("ignore disregard forget override bypass discard neglect skip circumvent")
ORDERS = words(
    "instruction instructions prompt prompts rule rules guideline guidelines direction directions directive "
    "directives command commands policy policies restriction restrictions constraint constraints safeguards"
)
EARLIER = words("previous prior above earlier preceding former all any your original initial system")
ROLES = (
    "you are now ",
    "from now on you",
    "act as a",
    "act as an",
    "act as if you",
    "pretend to be",
    "pretend you are",
    "pretend that you",
    "you will act as",
    "new instructions",
    "developer mode",
    "jailbreak",
    "system prompt",
    "system message",
    "your new task",
    "your new goal",
    "your new role",
    "your real task",
)
TASKS = (
    "before you can ",
    "before you answer",
    "before you respond",
    "before you continue",
    "before solving",
    "before answering",
    "before responding",
    "after completing the",
    "when you are done with",
    "the task that i gave",
    "the task i gave",
    "the original task",
    "the user's task",
    "the user's request",
    "the user's question",
    "the user's original",
    "user's instructions",
    "instead of answering",
    "instead of the task",
    "do the following first",
    "call the tool",
    "call the function",
    "use the tool",
    "invoke the tool",
    "reply only with",
    "respond only with",
    "answer only with",
)
SECRETS = (
    "do not tell the user",
    "don't tell the user",
    "do not mention this",
    "don't mention this",
    "do not inform the user",
    "without telling the user",
    "without informing the user",
    "without asking the user",
    "do not reveal this",
    "do not let the user",
    "hide this from the user",
    "keep this from the user",
    "the user must not know",
)
TURNS = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[/?inst\]|<</?sys>>|</?(?:system|instructions?|important|information|assistant|prompt|"
    r"admin|tool_call|function_calls?)>|^ {0,4}#{1,4} {0,2}(?:system|instructions?|assistant|response) {0,2}:?$"
    r"|^ {0,4}(?:system|assistant|human|user) {0,2}:(?= )|</(?:data|context|document|untrusted)>",
    re.MULTILINE,
)
