<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Internal\Json;

/**
 * What happened to a session, or to policy and keys of the server: a CloudEvent, told by the stream, by a page or by a webhook. It may be told more than
 * once, always with the same id.
 */
final class Event
{
    /**
     * @param string $type for example session.ended; a later server may have more types
     * @param string $id the same however often the event is told
     * @param string $source /apps/shop, or /server
     * @param string $time when it happened, RFC 3339 in UTC
     * @param string $sequence version.count of the session
     * @param string|null $session the id of the session; null for an event of the server
     * @param string|null $subject whose session it is; null for nobody's
     * @param array<array-key, mixed> $data what docs/events.md says of the type, with the names there: reason, by, note, …
     * @param string|null $position where the stream goes on after it; null for an event of a page or a webhook
     * @param \stdClass $told the CloudEvent as it came
     */
    private function __construct(
        public readonly string $type,
        public readonly string $id,
        public readonly string $source,
        public readonly string $time,
        public readonly string $sequence,
        public readonly ?string $session,
        public readonly ?string $subject,
        public readonly array $data,
        public readonly ?string $position,
        public readonly \stdClass $told,
    ) {
    }

    /**
     * @internal
     * @param mixed $told decoded by Json::decode()
     * @throws \UnexpectedValueException when it is no event
     */
    public static function from(mixed $told, ?string $position = null): self
    {
        if (!$told instanceof \stdClass || !is_string($told->type ?? null)) {
            throw new \UnexpectedValueException('it is no CloudEvent');
        }
        $text = static fn (string $name): ?string => is_string($told->$name ?? null) ? $told->$name : null;
        $data = Json::members(Json::arrays($told->data ?? null));

        return new self(
            $told->type,
            $text('id') ?? '',
            $text('source') ?? '',
            $text('time') ?? '',
            $text('sequence') ?? '',
            $text('subject'),
            is_string($data['subject'] ?? null) ? $data['subject'] : null,
            $data,
            $position,
            $told,
        );
    }

    /** The app that it is of. Absence: null for an event of the server. */
    public function app(): ?string
    {
        return preg_match('~\A/apps/([^/]+)\z~', $this->source, $found) === 1 ? $found[1] : null;
    }

    /** Rises from event to event of a session. One that is not above what was seen of the session before is old, or told again. */
    public function count(): int
    {
        return (int) (explode('.', $this->sequence)[1] ?? 0);
    }
}
