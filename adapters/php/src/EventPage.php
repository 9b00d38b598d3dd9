<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Internal\Json;

/**
 * A part of the journal of an app.
 */
final class EventPage
{
    /**
     * @param list<Event> $events the oldest first
     * @param string $next the position to ask after for the next page
     * @param bool $more whether there are events behind $next already; with a choice of types or of a user a page may be empty and there be more
     * @param bool $resync whether events are missing before it
     */
    private function __construct(public readonly array $events, public readonly string $next, public readonly bool $more, public readonly bool $resync)
    {
    }

    /**
     * @internal
     * @throws \UnexpectedValueException
     */
    public static function from(mixed $answer): self
    {
        $of = Json::members($answer);
        if (!is_array($of['events'] ?? null) || !is_string($of['next'] ?? null)) {
            throw new \UnexpectedValueException('it is no page of events');
        }

        return new self(array_map(static fn (mixed $told): Event => Event::from($told), $of['events']), $of['next'], ($of['more'] ?? false) === true, ($of['resync'] ?? false) === true);
    }
}
