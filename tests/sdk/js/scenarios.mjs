// The ten scenarios with the official JavaScript clients. What to do comes as JSON in the first argument; what came of
// it goes to standard output, by name of the scenario. tests/sdk/test_javascript.py runs this and judges.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const asked = JSON.parse(process.argv[2]);
const { client: kind, edge, key, model, embedder, picture, schema, long, texts } = asked;
const options = { apiKey: key, maxRetries: 0, timeout: 20_000 };
const cityTool = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const dataUrl = `data:image/png;base64,${picture}`;

function openai() {
  const client = new OpenAI({ ...options, baseURL: `http://${edge}/v1` });
  const tools = [{ type: "function", function: { name: "weather", description: "The weather.", parameters: cityTool } }];
  const user = (content) => ({ role: "user", content });
  const create = (messages, more = {}) => client.chat.completions.create({ model, messages, ...more });
  const said = (answer) => answer.choices[0].message.content;
  const call = async (question, streams) => {
    const messages = [user(question)];
    const message = streams
      ? (await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()).choices[0].message
      : (await create(messages, { tools })).choices[0].message;
    const calls = message.tool_calls.map((call) => JSON.parse(call.function.arguments).city);
    const told = JSON.parse(JSON.stringify(message, (name, value) => (name.startsWith("parsed") || value === null ? undefined : value)));
    const results = message.tool_calls.map((call, number) => ({
      role: "tool", tool_call_id: call.id, content: `rain in ${calls[number]}`,
    }));
    return { calls, said: said(await create([...messages, told, ...results], { tools })) };
  };
  const form = { type: "json_schema", json_schema: { name: "report", schema, strict: true } };
  return {
    chat: async () => {
      const answer = await create([user("Good evening.")]);
      return { said: said(answer), input: answer.usage.prompt_tokens, output: answer.usage.completion_tokens };
    },
    stream: async () => {
      let text = "";
      let usage;
      const stream = await create([user("Good evening.")], { stream: true, stream_options: { include_usage: true } });
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? "";
        usage = chunk.usage ?? usage;
      }
      return { said: text, input: usage.prompt_tokens, output: usage.completion_tokens };
    },
    tools: () => call("The weather in York?", false),
    parallelTools: () => call("The weather in York and Bath?", true),
    images: async () =>
      said(await create([user([{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: dataUrl } }])])),
    structured: async () => JSON.parse(said(await create([user("What was seen?")], { response_format: form }))),
    embeddings: async () => {
      if (!embedder) return null;
      const answer = await client.embeddings.create({ model: embedder, input: texts, dimensions: 256 });
      return answer.data.map((entry) => entry.embedding.slice(0, 3));
    },
    errors: () => create([user("fail with 429")]).catch((error) => ({ name: error.constructor.name, status: error.status })),
    cancellation: async () => {
      const stream = await create([user("count without end")], { stream: true });
      let seen = 0;
      for await (const _ of stream) if (++seen > 5) break;
      return seen;
    },
    longSystemPrompt: async () => said(await create([{ role: "system", content: long }, user("Good evening.")])),
  };
}

function anthropic() {
  const client = new Anthropic({ ...options, baseURL: `http://${edge}` });
  const tools = [{ name: "weather", description: "The weather.", input_schema: cityTool }];
  const user = (content) => ({ role: "user", content });
  const create = (messages, more = {}) => client.messages.create({ model, max_tokens: 50, messages, ...more });
  const said = (answer) => answer.content.at(-1).text;
  const used = ({ usage }) => ({
    input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    output: usage.output_tokens,
  });
  const call = async (question, streams) => {
    const messages = [user(question)];
    const answer = streams
      ? await client.messages.stream({ model, max_tokens: 50, messages, tools }).finalMessage()
      : await create(messages, { tools });
    const uses = answer.content.filter((block) => block.type === "tool_use");
    const results = uses.map((use) => ({ type: "tool_result", tool_use_id: use.id, content: `rain in ${use.input.city}` }));
    const turns = [...messages, { role: "assistant", content: answer.content }, user(results)];
    return { calls: uses.map((use) => use.input.city), said: said(await create(turns, { tools })) };
  };
  const source = { type: "base64", media_type: "image/png", data: picture };
  return {
    chat: async () => {
      const answer = await create([user("Good evening.")]);
      return { said: said(answer), ...used(answer) };
    },
    stream: async () => {
      const answer = await client.messages.stream({ model, max_tokens: 50, messages: [user("Good evening.")] }).finalMessage();
      return { said: said(answer), ...used(answer) };
    },
    tools: () => call("The weather in York?", false),
    parallelTools: () => call("The weather in York and Bath?", true),
    images: async () => said(await create([user([{ type: "text", text: "What is this?" }, { type: "image", source }])])),
    structured: async () =>
      JSON.parse(said(await create([user("What was seen?")], { output_config: { format: { type: "json_schema", schema } } }))),
    // Anthropic has no embeddings; its count of tokens stands in their place.
    countedTokens: async () => (await client.messages.countTokens({ model, messages: [user("Good evening.")] })).input_tokens > 0,
    errors: () => create([user("fail with 429")]).catch((error) => ({ name: error.constructor.name, status: error.status })),
    cancellation: async () => {
      const stream = await create([user("count without end")], { stream: true });
      let seen = 0;
      for await (const _ of stream) if (++seen > 5) break;
      return seen;
    },
    longSystemPrompt: async () => said(await create([user("Good evening.")], { system: long })),
  };
}

const results = {};
for (const [name, scenario] of Object.entries(kind === "openai" ? openai() : anthropic())) {
  try {
    results[name] = await scenario();
  } catch (error) {
    results[name] = { failed: String(error) };
  }
}
process.stdout.write(JSON.stringify(results));
