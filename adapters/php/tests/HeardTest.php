<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Client;
use RestSessions\Event;
use RestSessions\EventStream;
use RestSessions\Exception\RestSessionsException;

/**
 * Events and histories of real servers.
 */
final class HeardTest extends TestCase
{
    private const SUBJECT = 'php/Zoë & co';

    /** @return array<string, array{string}> */
    public function stores(): array
    {
        return Servers::stores();
    }

    /** @dataProvider stores */
    public function testWhatAServerTells(string $url): void
    {
        $client = new Client($url, 'heard');
        $now = $client->eventPage('end');
        self::assertSame([[], false], [$now->events, $now->resync]);
        $first = $client->create(['subject' => self::SUBJECT, 'label' => 'phone']);
        $second = $client->create(['subject' => self::SUBJECT]);
        self::assertTrue($client->revokeById($first['session']->id, 'lost “phone” & co'));
        self::assertTrue($client->revoke($second['token'], 'left'));
        $told = self::first(4, $client->events($now->next, subject: self::SUBJECT));
        self::assertSame(['session.created', 'session.created', 'session.ended', 'session.ended'], array_column($told, 'type'));
        self::assertSame([$first['session']->id, self::SUBJECT, 'heard'], [$told[2]->session, $told[2]->subject, $told[2]->app()]);
        $why = static fn (Event $event): array => [$event->data['reason'], $event->data['note']];
        self::assertSame([['revoked', 'lost “phone” & co'], ['logout', 'left']], array_map($why, array_slice($told, 2)));
        self::assertGreaterThan($told[0]->count(), $told[2]->count());

        $page = $client->eventPage($now->next, 10, ['session.ended'], self::SUBJECT, 1);
        self::assertEquals(array_column(array_slice($told, 2), 'told'), array_column($page->events, 'told'));
        self::assertEquals($told[3]->told, self::first(1, $client->events($told[2]->position, subject: self::SUBJECT))[0]->told);

        $client->create(['subject' => self::SUBJECT]);
        self::assertSame(1, $client->revokeSubject(self::SUBJECT, null, 'moved out'));
        $history = $client->history(self::SUBJECT);
        self::assertSame(['subject', 'logout', 'revoked'], array_column($history, 'reason'));
        self::assertSame(['moved out', 'left', 'lost “phone” & co'], array_column($history, 'note'));
        self::assertSame([$first['session']->id, 'phone'], [$history[2]->id, $history[2]->label]);
        self::assertSame([3, []], [$client->eraseHistory(self::SUBJECT), $client->history(self::SUBJECT)]);
    }

    /** @dataProvider stores */
    public function testAPositionOfNoServerIsAnError(string $url): void
    {
        $client = new Client($url, 'heard');
        foreach ([fn () => $client->eventPage('nowhere'), fn () => self::first(1, $client->events('nowhere'))] as $ask) {
            try {
                $ask();
                self::fail('nothing was thrown');
            } catch (RestSessionsException $refused) {
                self::assertSame('invalid_cursor', $refused->getCode());
            }
        }
    }

    public function testAStreamMissesNothingWhileTheServerIsAway(): void
    {
        $folder = sys_get_temp_dir() . '/rest-sessions-php-' . bin2hex(random_bytes(6));
        $port = (int) Servers::env('PORT');
        $server = Servers::start($port, $folder);
        $client = new Client($server['url'], 'heard');
        $lost = [];
        $onRetry = static function (RestSessionsException $failure) use (&$lost): void {
            $lost[] = $failure::class;
        };
        $position = $client->eventPage('end')->next;
        $made = [$client->create()['session']->id];
        $told = [];
        foreach ($client->events($position, types: ['session.created'], onRetry: $onRetry) as $event) {
            $told[] = $event->session;
            if (count($told) === 2) {
                break;
            }
            Servers::stop($server['process']);
            $server = Servers::start($port, $folder);
            $made[] = $client->create()['session']->id;
        }
        Servers::stop($server['process']);
        array_map(unlink(...), glob("$folder/*") ?: []);
        rmdir($folder);
        self::assertSame($made, $told);
        self::assertNotSame([], $lost);
    }

    /** @return list<Event> */
    private static function first(int $count, EventStream $events): array
    {
        $first = [];
        foreach ($events as $event) {
            $first[] = $event;
            if (count($first) === $count) {
                break;
            }
        }

        return $first;
    }
}
