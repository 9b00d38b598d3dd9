// Hands one mail to a mail server of this machine, which does the rest. Lines of SMTP, one answer to each.
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const PATIENCE = 10_000;

/** Resolves when the server has taken the mail. Errors: what it says, or that it is away. */
export async function sendMail(port, { from, to, subject, text }) {
  const socket = connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('the mail server does not answer')));
  const broken = once(socket, 'error').then(([error]) => Promise.reject(error));
  broken.catch(() => {});
  const answer = async (wanted) => {
    for (;;) {
      const { value = '' } = await Promise.race([lines.next(), broken]);
      // 250-… goes on in the next line.
      if (/^\d{3}-/.test(value)) continue;
      if (value.startsWith(wanted)) return;
      throw new Error(`the mail server says: ${value || 'nothing'}`);
    }
  };
  // What a visitor wrote is in the body alone, and there in base64: it can neither add a header nor end the mail.
  const body = Buffer.from(text)
    .toString('base64')
    .replaceAll(/.{1,76}/g, '$&\r\n');
  const head = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
  ];
  const steps = [
    ['220', 'EHLO localhost'],
    ['250', `MAIL FROM:<${from}>`],
    ['250', `RCPT TO:<${to}>`],
    ['250', 'DATA'],
    ['354', `${head.join('\r\n')}\r\n\r\n${body}.`],
    ['250', 'QUIT'],
  ];
  try {
    for (const [wanted, next] of steps) {
      await answer(wanted);
      socket.write(`${next}\r\n`);
    }
  } finally {
    socket.destroySoon();
  }
}
