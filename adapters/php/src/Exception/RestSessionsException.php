<?php

declare(strict_types=1);

namespace RestSessions\Exception;

/**
 * What a call failed with. Its text holds no token and no key.
 *
 * getCode() gives a text: one of docs/errors.md of the server, or timeout, unreachable, wrong_url, wrong_key, wrong_app, not_rest_sessions.
 */
class RestSessionsException extends \RuntimeException
{
    /**
     * @param int $status of the answer; 0 when there was none
     * @param bool $retryable whether the same call may succeed later, and does no harm if the first one did its work after all
     * @param int|null $retryAfter when to try again, in seconds; null when the server did not say
     * @param list<array{rule: string, message: string, pointer?: string, parameter?: string, in?: string}> $faults the
     *     values that were wrong
     */
    final public function __construct(
        string $code,
        string $message,
        public readonly int $status = 0,
        public readonly bool $retryable = false,
        public readonly ?int $retryAfter = null,
        public readonly array $faults = [],
    ) {
        parent::__construct("rest-sessions: $message ($code)");
        $this->code = $code;
    }
}
