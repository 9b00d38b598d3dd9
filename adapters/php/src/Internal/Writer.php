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
            $this->client->patch($opened->token, $change->set, $change->unset, $subject, $opened->lock);
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

    /** @param array{subject?: ?string} $subject */
    private function create(Opened $opened, Change $change, array $subject): void
    {
        try {
            $this->client->createUnder($opened->token, ['data' => $change->set] + $subject + $this->deviceOf(), $opened->lock);
        } catch (RestSessionsException $failure) {
            if ($failure->getCode() !== 'version_mismatch') {
                throw $failure;
            }
            // Another page of the same visitor was first.
            $this->client->patch($opened->token, $change->set, [], $subject, $opened->lock);
        }
        $opened->isNew = false;
        $opened->lock = null;
    }

    /** @param array{subject?: ?string} $subject */
    private function rotate(Opened $opened, Change $change, array $subject): void
    {
        $rotation = ['token' => $opened->token];
        $rotation += $change->set === [] ? [] : ['data' => $change->set];
        $rotation += $opened->oldEnds ? ['grace' => 0] : [];
        $rotation += $subject === [] ? [] : $subject + $this->deviceOf();
        $this->client->rotate((string) $opened->rotatesFrom, $rotation, $opened->lock);
        $opened->rotatesFrom = null;
        if ($change->unset !== []) {
            $this->client->patch($opened->token, [], $change->unset);
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
