import type { Json, Message, Path, RunRef, ToolSpec } from '@treadle/contract'

/** Names the conversation of an agent: `agent` is the path of its node. */
export type TranscriptKey = { run: RunRef; agent: Path; turn: number }

/** A message as it is stored: a tool's result may name the checkpoint that has its content. */
export type StoredMessage = Message & { path?: Path }

/** Who speaks. `tools` as the model is offered them: those of MCP servers one by one. */
export type TranscriptProfile = { instructions: Json; tools: ToolSpec[] }

export type Transcript = {
  /** Of the newest turn before that had one. */
  profile: TranscriptProfile | null
  /** Valid for the protocol of chat completions; contents may be, or hold, handles. */
  messages: Message[]
}

/** What agents have been told and said: see routines/4_transcripts.sql. Each call waits out an outage of Postgres, until `signal` aborts. */
export type Transcripts = {
  /** All before the turn, then `own`, with the content of each tool's result. */
  read(key: TranscriptKey, own: StoredMessage[], signal: AbortSignal): Promise<Transcript>
  /** Puts the turn in the place of what is there. False: the attempt is fenced, and nothing was written. */
  write(
    key: TranscriptKey & { path: Path; attempt: number },
    turn: { messages: StoredMessage[]; profile?: TranscriptProfile },
    signal: AbortSignal,
  ): Promise<boolean>
  /** The tools of a server as the run saw them first; `listed` is kept where it has seen none. */
  pinTools(run: RunRef, server: string, listed: ToolSpec[] | undefined, signal: AbortSignal): Promise<ToolSpec[] | null>
}
