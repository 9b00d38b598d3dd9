// Package restsessions is the client of the REST-Sessions login-session server.
//
// It depends on the standard library only. The session layers that use it are modules of their own: scsstore is a store for
// github.com/alexedwards/scs, gorillastore one for github.com/gorilla/sessions.
//
//	client, err := restsessions.New(restsessions.Options{URL: "http://127.0.0.1:3000", App: "shop"})
//	made, err := client.Create(ctx, restsessions.NewSession{Subject: restsessions.String("user123")})
//	session, err := client.Get(ctx, made.Token, restsessions.ReadOptions{Touch: true})
//
// Listen hears what happens to sessions, as it happens, and VerifyWebhook tells whether a request was sent by the server.
//
// Whatever a call fails with can be told apart by errors.Is: ErrNotFound (logged out: the only one on which a cookie is
// cleared), ErrTimeout, ErrUnreachable, ErrConfiguration. The error itself is an *Error with the code of the server.
package restsessions
