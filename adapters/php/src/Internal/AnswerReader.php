<?php

declare(strict_types=1);

namespace RestSessions\Internal;

use RestSessions\Exception\Configuration;
use RestSessions\Exception\RestSessionsException;
use RestSessions\Exception\ServerLost;
use RestSessions\Exception\SessionNotFound;

/**
 * Takes answers apart.
 *
 * @internal
 */
final class AnswerReader
{
    public function __construct(private readonly string $base, private readonly string $app)
    {
    }

    /**
     * Gives what is made of what the server said. That is null where it has nothing to say.
     *
     * @template T
     * @param bool $repeatable whether the request does no harm twice
     * @param callable(mixed): T $make throws \UnexpectedValueException for what is none of the server's
     * @return T
     * @throws RestSessionsException
     */
    public function read(Answer $answer, bool $repeatable, callable $make): mixed
    {
        try {
            return $make($this->valueOf($answer, $repeatable));
        } catch (\JsonException) {
            throw $this->foreign($answer, $repeatable);
        } catch (\UnexpectedValueException $fault) {
            throw $this->foreign($answer, $repeatable, ', and ' . $fault->getMessage());
        }
    }

    /** Gives the error of an answer that should have been an event stream, and is none. */
    public function refusal(Answer $answer): RestSessionsException
    {
        try {
            $this->read($answer, true, static fn (mixed $said): mixed => $said);
        } catch (RestSessionsException $refused) {
            return $refused;
        }

        return $this->foreign($answer, true);
    }

    /** Gives the error for what is no event in an answer that should tell of events. To ask again would not help. */
    public function noEvent(\Exception $fault): Configuration
    {
        return new Configuration('not_rest_sessions', "$this->base tells of something that is no event: " . $fault->getMessage());
    }

    /** Whatever is none of the server's is never "no such session", on which users are logged out. */
    private function valueOf(Answer $answer, bool $repeatable): mixed
    {
        if ($answer->status === 204) {
            return null;
        }
        if ($answer->status < 300 && $answer->media() === 'application/json') {
            return Json::decode($answer->text);
        }
        if ($answer->status >= 400 && $answer->media() === 'application/problem+json') {
            $problem = Json::members(Json::arrays(Json::decode($answer->text)));
            if (is_string($problem['code'] ?? null)) {
                throw $this->refused($answer, $problem['code'], (string) ($problem['detail'] ?? ''), $problem['errors'] ?? []);
            }
        }
        throw $this->foreign($answer, $repeatable);
    }

    /** @param list<array{rule: string, message: string, pointer?: string, parameter?: string, in?: string}> $faults */
    private function refused(Answer $answer, string $code, string $detail, array $faults): RestSessionsException
    {
        $status = $answer->status;
        $retryable = $status === 429 || $status >= 500;

        return match ($code) {
            'session_not_found' => new SessionNotFound($code, $detail, $status),
            'unauthorized' => new Configuration('wrong_key', "$this->base does not take the API key ($detail)", $status),
            'forbidden' => new Configuration(
                'wrong_key',
                "$this->base does not let this API key do that in the app $this->app ($detail)",
                $status,
            ),
            'app_not_found' => new Configuration('wrong_app', "$this->base has no app $this->app ($detail)", $status),
            default => new RestSessionsException($code, $detail, $status, $retryable, $answer->retryAfter(), $faults),
        };
    }

    /** Gives the error of an answer that is not of the server itself. */
    private function foreign(Answer $answer, bool $repeatable, string $why = ''): RestSessionsException
    {
        $status = $answer->status;
        if ($status >= 500 || $status === 429) {
            // A proxy that gives up on an answer does not know whether a write was done.
            $retryable = $repeatable || $status === 429 || $status === 503;
            $message = "$this->base answered $status, which is not of the session server itself";

            return new ServerLost('unreachable', $message, $status, $retryable, $answer->retryAfter());
        }
        $message = rtrim("there is no REST-Sessions server at $this->base: it answered $status " . $answer->media()) . $why;

        return new Configuration('not_rest_sessions', $message, $status);
    }
}
