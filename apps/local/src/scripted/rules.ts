import type { RecordedRequest } from './scripted-server.ts'

/** Which requests an answer is for; every field that is given has to hold. */
export type Matcher = {
  method?: string
  path?: string
  /** Any other condition on the request. */
  where?: (request: RecordedRequest) => boolean
}

/** The programmed answers of a scripted server. The first rule that matches and is not used up answers. */
export type Rules<Answer> = {
  add(answer: Answer, matcher: Matcher, timesMax: number): void
  take(request: RecordedRequest): Answer | undefined
}

export function createRules<Answer>(): Rules<Answer> {
  const rules: { answer: Answer; matcher: Matcher; timesLeft: number }[] = []
  return {
    add: (answer, matcher, timesMax) => rules.push({ answer, matcher, timesLeft: timesMax }),
    take(request) {
      const rule = rules.find(({ matcher, timesLeft }) => timesLeft > 0 && holds(matcher, request))
      if (!rule) return undefined
      rule.timesLeft -= 1
      return rule.answer
    },
  }
}

const holds = ({ method, path, where }: Matcher, request: RecordedRequest) =>
  (method === undefined || method === request.method) &&
  (path === undefined || path === request.path) &&
  (where === undefined || where(request))
