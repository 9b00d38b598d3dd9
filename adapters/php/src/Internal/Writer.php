<?php

declare(strict_types=1);

namespace RestSessions\Internal;

use RestSessions\Client;
use RestSessions\Exception\RestSessionsException;

/**
 * Brings what a page changed to the server, in as few requests as it takes.
 *
 * @internal
 */
final class Writer
{
    /** How often a write is tried when other pages were faster. The last one asks no more. */
    private const MOST_TRIES = 8;
    /** No session has this version. */
    private const NO_VERSION = 0;

    private readonly ?\Closure $subject;
    private readonly ?\Closure $device;

    /**
     * @param (callable(array<array-key, mixed>): ?string)|null $subject
     * @param (callable(): array{ip?: string, userAgent?: string, label?: string})|null $device
     */
    public function __construct(private readonly Client $client, ?callable $subject, ?callable $device)
    {
        $this->subject = $subject === null ? null : $subject(...);
        $this->device = $device === null ? null : $device(...);
    }

    /** Tells whether the server has something of the session afterwards. */
    public function send(Opened $opened, Change $change): bool
    {
        $subject = $this->subjectOf($opened, $change);
        if ($opened->rotatesFrom !== null && $opened->oldEnds && $change->values === []) {
            // A logout: the session is emptied, and its token left.
            $this->endOld($opened);

            return false;
        }
        if ($opened->rotatesFrom !== null) {
            $this->rotate($opened, $change, $subject);
        } elseif ($opened->isNew) {
            if ($change->isEmpty()) {
                return false;
            }
            $this->create($opened, $change, $subject);
        } elseif (!$change->isEmpty() || $subject !== []) {
            $this->patch($opened, $change, $subject, $opened->lock);
            $opened->lock = null;
        }
        $opened->subject = array_key_exists('subject', $subject) ? $subject['subject'] : $opened->subject;

        return true;
    }

    /** Ends what had the token that was left. */
    public function endOld(Opened $opened): void
    {
        $this->client->revoke((string) $opened->rotatesFrom);
        $opened->rotatesFrom = $opened->subject = $opened->lock = null;
        $opened->isNew = true;
    }

    /**
     * @param array{subject?: ?string} $subject
     * @param string|null $lock the lock that ends with it
     */
    private function patch(Opened $opened, Change $change, array $subject, ?string $lock): void
    {
        $patch = function (Change $change, ?int $version) use ($opened, $subject, $lock): void {
            // What another page has done already needs no request.
            if (!$change->isEmpty() || $subject !== []) {
                $saved = $this->client->patch($opened->token, $change->set, $change->unset, $subject, $lock, $version);
                $opened->version = $saved->version;
            }
        };
        $this->merge($opened, $opened->token, $change, $patch);
    }

    /**
     * PHP's own part is one value. Where it changes, it is written only over the one that was read, or else what another page has written of it
     * would be lost.
     *
     * @param string $token that reads the session
     * @param callable(Change, ?int): void $write writes a change, and notes the version that it made. It is given the version that the session
     *     must have, null for any
     * @return Change what was written
     */
    private function merge(Opened $opened, string $token, Change $change, callable $write): Change
    {
        for ($tries = self::MOST_TRIES; true; $tries--) {
            $isPrivate = isset($change->set[Format::PRIVATE_KEY]) || in_array(Format::PRIVATE_KEY, $change->unset, true);
            $version = $isPrivate && $opened->lock === null && $tries > 0 ? $opened->version : null;
            try {
                $write($change, $version);
                if ($version === null || $tries < self::MOST_TRIES) {
                    // The page does not know all that is there, so the next write of PHP's own part merges.
                    $opened->version = self::NO_VERSION;
                }

                return $change;
            } catch (RestSessionsException $failure) {
                if ($version === null || $failure->getCode() !== 'version_mismatch') {
                    throw $failure;
                }
            }
            $theirs = $this->client->get($token);
            $change = $opened->format->rebase($change, $theirs->tree);
            $opened->version = $theirs->version;
        }
    }

    /** @param array{subject?: ?string} $subject */
    private function create(Opened $opened, Change $change, array $subject): void
    {
        try {
            $made = $this->client->createUnder($opened->token, ['data' => $change->set] + $subject + $this->deviceOf(), $opened->lock);
            $opened->version = $made->version;
        } catch (RestSessionsException $failure) {
            if ($failure->getCode() !== 'version_mismatch') {
                throw $failure;
            }
            // Another page of the same visitor was first.
            $opened->version = self::NO_VERSION;
            $this->patch($opened, $change, $subject, $opened->lock);
        }
        $opened->isNew = false;
        $opened->lock = null;
    }

    /** @param array{subject?: ?string} $subject */
    private function rotate(Opened $opened, Change $change, array $subject): void
    {
        $more = ($opened->oldEnds ? ['grace' => 0] : []) + ($subject === [] ? [] : $subject + $this->deviceOf());
        $old = (string) $opened->rotatesFrom;
        $rotate = function (Change $change, ?int $version) use ($opened, $old, $more): void {
            $rotation = ['token' => $opened->token] + ($change->set === [] ? [] : ['data' => $change->set]) + $more;
            $opened->version = $this->client->rotate($old, $rotation, $opened->lock, $version)['session']->version;
        };
        $change = $this->merge($opened, $old, $change, $rotate);
        $opened->rotatesFrom = null;
        if ($change->unset !== []) {
            $this->patch($opened, new Change([], $change->unset, $change->values), [], null);
        }
    }

    /**
     * @return array{subject?: ?string} none where it stays as it is. Whom another stack has logged in stays so, unless the page empties the session
     */
    private function subjectOf(Opened $opened, Change $change): array
    {
        if ($this->subject === null || $change->values === null) {
            return [];
        }
        $whose = ($this->subject)($change->values);
        $isEmptied = $change->values === [] && !$change->isEmpty();

        return $whose !== $opened->subject && ($whose !== null || $isEmptied) ? ['subject' => $whose] : [];
    }

    /** @return array{ip?: string, userAgent?: string, label?: string} */
    private function deviceOf(): array
    {
        if ($this->device !== null) {
            return ($this->device)();
        }
        $agent = $_SERVER['HTTP_USER_AGENT'] ?? '';
        $agent = is_string($agent) ? substr((string) preg_replace('/[^ -~]+/', '', $agent), 0, 2048) : '';

        return $agent === '' ? [] : ['userAgent' => $agent];
    }
}
