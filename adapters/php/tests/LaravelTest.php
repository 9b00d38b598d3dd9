<?php

// Laravel is not here. This is how its session store calls a handler, with the one interface of it that the handler needs.

declare(strict_types=1);

namespace Illuminate\Session {
    interface ExistenceAwareInterface
    {
        /** @param bool $value */
        public function setExists($value);
    }
}

namespace RestSessions\Tests {

    use PHPUnit\Framework\TestCase;
    use RestSessions\Client;
    use RestSessions\Laravel\RestSessionHandler;

    final class LaravelTest extends TestCase
    {
        private const ONE = 'abcdefghijklmnopqrstuvwxyz0123456789ABCD';
        private const TWO = 'bbcdefghijklmnopqrstuvwxyz0123456789ABCD';

        /** @return array<string, array{'json'|'serialize', callable, callable}> */
        public function encodings(): array
        {
            $fromJson = static fn (string $text): array => json_decode($text, true);

            return ['json' => ['json', json_encode(...), $fromJson], 'serialize' => ['serialize', serialize(...), unserialize(...)]];
        }

        /** @dataProvider encodings */
        public function testAStoreOfLaravel(string $encoding, callable $encode, callable $decode): void
        {
            $client = new Client((string) Servers::env('EMBEDDED'), "laravel-$encoding");
            $handler = new RestSessionHandler($client, encoding: $encoding, subject: static fn (array $of): ?string => $of['user'] ?? null);
            self::assertSame('', $handler->read(self::ONE));
            self::assertTrue($handler->write(self::ONE, $encode(['_token' => 'x', 'cart' => ['lamp' => 1]])));
            self::assertSame(['lamp' => 1], $client->get(self::ONE)->data['cart']);
            $client->patch(self::ONE, ['theme' => 'dark']);

            $next = new RestSessionHandler($client, encoding: $encoding, subject: static fn (array $of): ?string => $of['user'] ?? null);
            $values = $decode($next->read(self::ONE));
            self::assertEquals(['_token' => 'x', 'cart' => ['lamp' => 1], 'theme' => 'dark'], $values);
            self::assertTrue($next->write(self::ONE, $encode($values)));
            self::assertSame(2, $client->get(self::ONE)->version, 'nothing changed, nothing was written');
            // A login: migrate(true), then save().
            self::assertTrue($next->destroy(self::ONE));
            $next->setExists(false);
            self::assertTrue($next->write(self::TWO, $encode(['user' => 'ann'] + $values)));
            self::assertSame(['ann', 'dark'], [$client->get(self::TWO)->subject, $client->get(self::TWO)->data['theme']]);
            self::assertSame([null], $client->verify([self::ONE]));
            $client->revoke(self::TWO);
        }

        /** Octane keeps the handler of a worker, and before each request has the session flushed and given a new id. */
        public function testAWorkerOfOctane(): void
        {
            $client = new Client((string) Servers::env('EMBEDDED'), 'laravel-octane');
            $handler = new RestSessionHandler($client, encoding: 'json');
            // A visitor comes and logs in: start(), migrate(true), save().
            $handler->setExists(false);
            self::assertSame('', $handler->read(self::ONE));
            self::assertTrue($handler->destroy(self::ONE));
            $handler->setExists(false);
            self::assertTrue($handler->write(self::TWO, '{"user":"ann"}'));
            foreach ([1, 2] as $visit) {
                // Then the same visitor comes back.
                $handler->setExists(false);
                $values = json_decode($handler->read(self::TWO), true);
                self::assertSame('ann', $values['user'] ?? null, "visit $visit");
                self::assertTrue($handler->write(self::TWO, json_encode(['visit' => $visit] + $values)));
                self::assertSame(['user' => 'ann', 'visit' => $visit], self::sorted($client->get(self::TWO)->data));
            }
            // Another visitor has nothing of it, and a token that opens nothing begins nothing by a page that keeps nothing.
            $handler->setExists(false);
            self::assertSame('', $handler->read(self::ONE));
            self::assertTrue($handler->write(self::ONE, '[]'));
            self::assertSame([null], $client->verify([self::ONE]));
        }

        public function testWhatLaravelHasEncryptedIsKeptAsItIs(): void
        {
            $client = new Client((string) Servers::env('EMBEDDED'), 'laravel-encrypted');
            $handler = new RestSessionHandler($client, encoding: 'json');
            $handler->read(self::ONE);
            $handler->write(self::ONE, 'eyJpdiI6…');
            $handler->write(self::ONE, 'eyJpdiI7…');
            self::assertSame('eyJpdiI7…', (new RestSessionHandler($client, encoding: 'json'))->read(self::ONE));
        }

        public function testWhatWasEndedIsToldByAWarning(): void
        {
            $client = new Client((string) Servers::env('EMBEDDED'), 'laravel-ended');
            $handler = new RestSessionHandler($client, encoding: 'json');
            $handler->read(self::ONE);
            $handler->write(self::ONE, '{"a":1}');
            $client->revoke(self::ONE);
            $said = '';
            set_error_handler(static function (int $_level, string $text) use (&$said): bool {
                $said = $text;

                return true;
            });
            $kept = $handler->write(self::ONE, '{"a":2}');
            restore_error_handler();
            self::assertFalse($kept);
            self::assertStringContainsString('was ended while the page ran', $said);
        }

        /**
         * @param array<string, mixed> $values
         * @return array<string, mixed>
         */
        private static function sorted(array $values): array
        {
            ksort($values);

            return $values;
        }
    }
}
