<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Exception\Configuration;
use RestSessions\Exception\InvalidWebhook;
use RestSessions\Internal\Json;

/**
 * Verifies the webhooks of the server, which are signed by the specification Standard Webhooks.
 *
 * A webhook may come more than once, also after others of its session: Event::$id and Event::count() tell.
 */
final class Webhook
{
    /** @var list<string> */
    private readonly array $keys;

    /**
     * @param string|list<string> $secrets "whsec_…", or several while they are changed
     * @param int $tolerance how far the clocks may be apart, and how late a webhook may come, in seconds
     * @throws Configuration invalid_secret
     */
    public function __construct(#[\SensitiveParameter] string|array $secrets, private readonly int $tolerance = 300)
    {
        $this->keys = array_map(self::key(...), array_values((array) $secrets));
        if ($this->keys === []) {
            throw new Configuration('invalid_secret', 'a webhook needs a secret to be verified');
        }
    }

    /**
     * Gives the events of a webhook: one, or those of a batch in their order.
     *
     * @param string $body the bytes of the request as they came: file_get_contents('php://input')
     * @param array<string, string|list<string>> $headers getallheaders(), $_SERVER, or those of a PSR-7 request
     * @param int|null $now epoch seconds; null for the clock
     * @return list<Event>
     * @throws InvalidWebhook
     */
    public function verify(string $body, array $headers, ?int $now = null): array
    {
        [$id, $timestamp, $signatures] = self::signedHeaders($headers);
        if (abs((int) $timestamp - ($now ?? time())) > $this->tolerance) {
            throw new InvalidWebhook('wrong_timestamp', 'the webhook is of another time');
        }
        if (!$this->isSigned("$id.$timestamp.$body", $signatures)) {
            throw new InvalidWebhook('wrong_signature', 'no secret that is known here has signed this webhook');
        }
        try {
            $told = Json::decode($body);

            return array_map(static fn (mixed $each): Event => Event::from($each), is_array($told) ? $told : [$told]);
        } catch (\JsonException | \UnexpectedValueException) {
            throw new InvalidWebhook('invalid_body', 'the webhook has neither an event nor a list of events');
        }
    }

    /** The keys are not for logs. @return array<string, int> */
    public function __debugInfo(): array
    {
        return ['secrets' => count($this->keys), 'tolerance' => $this->tolerance];
    }

    private static function key(#[\SensitiveParameter] string $secret): string
    {
        // base64_decode() passes over spaces, and does without the padding.
        $isSecret = preg_match('~\Awhsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\z~', $secret, $found) === 1;
        $key = $isSecret ? base64_decode($found[1], true) : '';
        if ($key === '' || $key === false) {
            throw new Configuration('invalid_secret', 'a secret of webhooks is whsec_ and base64');
        }

        return $key;
    }

    /**
     * @param array<string, string|list<string>> $headers
     * @return array{string, string, string}
     */
    private static function signedHeaders(array $headers): array
    {
        $known = [];
        foreach ($headers as $name => $value) {
            $name = strtr(strtolower((string) $name), '_', '-');
            $text = is_array($value) ? implode(' ', $value) : $value;
            $known[str_starts_with($name, 'http-') ? substr($name, 5) : $name] = is_string($text) ? $text : '';
        }
        $signed = array_map(static fn (string $name): string => $known["webhook-$name"] ?? '', ['id', 'timestamp', 'signature']);
        if ($signed[0] === '' || $signed[2] === '' || preg_match('/\A[0-9]{1,15}\z/', $signed[1]) !== 1) {
            throw new InvalidWebhook('invalid_headers', 'the request has not the headers of a webhook');
        }

        return $signed;
    }

    private function isSigned(string $message, string $signatures): bool
    {
        $isSigned = false;
        foreach ($this->keys as $key) {
            $ours = 'v1,' . base64_encode(hash_hmac('sha256', $message, $key, true));
            foreach (explode(' ', $signatures) as $theirs) {
                $isSigned = hash_equals($ours, $theirs) || $isSigned;
            }
        }

        return $isSigned;
    }
}
