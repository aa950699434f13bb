#pragma once
#include <libssh2.h>

// Swift does not import macros with arguments: one function for each that is needed.

static inline LIBSSH2_SESSION *deploy_libssh2_session_init(void *abstract) {
  return libssh2_session_init_ex(NULL, NULL, NULL, abstract);
}

static inline int deploy_libssh2_session_disconnect(LIBSSH2_SESSION *session,
                                                    const char *description) {
  return libssh2_session_disconnect(session, description);
}

static inline LIBSSH2_CHANNEL *deploy_libssh2_channel_open_session(LIBSSH2_SESSION *session) {
  return libssh2_channel_open_session(session);
}

static inline ssize_t deploy_libssh2_channel_read(LIBSSH2_CHANNEL *channel, char *buffer,
                                                  size_t size) {
  return libssh2_channel_read(channel, buffer, size);
}

static inline ssize_t deploy_libssh2_channel_read_stderr(LIBSSH2_CHANNEL *channel, char *buffer,
                                                         size_t size) {
  return libssh2_channel_read_stderr(channel, buffer, size);
}

static inline ssize_t deploy_libssh2_channel_write(LIBSSH2_CHANNEL *channel, const char *buffer,
                                                   size_t size) {
  return libssh2_channel_write(channel, buffer, size);
}

// libssh2_session_callback_set takes a void *: these keep the callbacks' types.

typedef LIBSSH2_SEND_FUNC((*deploy_libssh2_send));
typedef LIBSSH2_RECV_FUNC((*deploy_libssh2_receive));

static inline void deploy_libssh2_set_transport(LIBSSH2_SESSION *session,
                                                deploy_libssh2_send send,
                                                deploy_libssh2_receive receive) {
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)send);
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)receive);
}
