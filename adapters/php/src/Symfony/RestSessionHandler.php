<?php

declare(strict_types=1);

namespace RestSessions\Symfony;

use RestSessions\Client;
use RestSessions\SessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\AbstractSessionHandler;

/**
 * Sessions of Symfony on the server: `framework.session.handler_id` is the service of this class.
 *
 * The attributes of the session are keys of the data; flashes and the metadata are PHP's own.
 *
 * Parameters have no types here, because those of Symfony 5.4 have none.
 */
class RestSessionHandler extends AbstractSessionHandler
{
    private readonly SessionHandler $sessions;

    /** @param mixed ...$options those of SessionHandler */
    public function __construct(Client $client, mixed ...$options)
    {
        $this->sessions = new SessionHandler($client, ...$options + ['bag' => '_sf2_attributes']);
    }

    public function open($savePath, $sessionName): bool
    {
        return parent::open($savePath, $sessionName) && $this->sessions->open($savePath, $sessionName);
    }

    public function close(): bool
    {
        return $this->sessions->close();
    }

    public function validateId($sessionId): bool
    {
        return $this->sessions->validateId($sessionId);
    }

    public function updateTimestamp($sessionId, $data): bool
    {
        return $this->sessions->updateTimestamp($sessionId, $data);
    }

    public function gc($maxlifetime): int
    {
        return $this->sessions->gc($maxlifetime);
    }

    protected function doRead(string $sessionId): string
    {
        return $this->sessions->read($sessionId);
    }

    protected function doWrite(string $sessionId, string $data): bool
    {
        return $this->sessions->write($sessionId, $data);
    }

    protected function doDestroy(string $sessionId): bool
    {
        return $this->sessions->destroy($sessionId);
    }
}
