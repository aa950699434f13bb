#pragma once
#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

// Swift sees C functions and plain constants only. Each function below stands for something
// that is neither, under the name that OpenSSL gives it.

// Reason: EVP_PKEY_Q_keygen takes a variable number of arguments.
static inline EVP_PKEY *COpenSSL_EVP_EC_gen(const char *curve) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
}

// Reason: EVP_PKEY_Q_keygen takes a variable number of arguments.
static inline EVP_PKEY *COpenSSL_EVP_RSA_gen(size_t bits) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

// Reason: EVP_PKEY_Q_keygen takes a variable number of arguments.
static inline EVP_PKEY *COpenSSL_EVP_ED25519_gen(void) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

// Reason: a macro around BIO_ctrl.
static inline long COpenSSL_BIO_get_mem_data(BIO *bio, const char **data) {
  return BIO_get_mem_data(bio, data);
}

// Reason: a macro that casts the stack's type.
static inline int COpenSSL_sk_GENERAL_NAME_num(const GENERAL_NAMES *names) {
  return sk_GENERAL_NAME_num(names);
}

// Reason: a macro that casts the stack's type.
static inline GENERAL_NAME *COpenSSL_sk_GENERAL_NAME_value(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}

// Reason: a macro that casts the stack's type.
static inline int COpenSSL_sk_GENERAL_NAME_push(GENERAL_NAMES *names, GENERAL_NAME *name) {
  return sk_GENERAL_NAME_push(names, name);
}

// Reason: a macro that casts the stack's type.
static inline STACK_OF(X509) *COpenSSL_sk_X509_new_null(void) {
  return sk_X509_new_null();
}

// Reason: a macro that casts the stack's type.
static inline int COpenSSL_sk_X509_push(STACK_OF(X509) *certificates, X509 *certificate) {
  return sk_X509_push(certificates, certificate);
}

// Reason: a macro that casts the stack's type. Frees the stack, not what is on it.
static inline void COpenSSL_sk_X509_free(STACK_OF(X509) *certificates) {
  sk_X509_free(certificates);
}

// Reason: a macro that casts the stack's type.
static inline int COpenSSL_sk_X509_num(const STACK_OF(X509) *certificates) {
  return sk_X509_num(certificates);
}

// Reason: a macro that casts the stack's type.
static inline X509 *COpenSSL_sk_X509_value(const STACK_OF(X509) *certificates, int index) {
  return sk_X509_value(certificates, index);
}

// Reason: a macro that casts the stack's type. -1 if there is no stack.
static inline int COpenSSL_sk_X509_REVOKED_num(const STACK_OF(X509_REVOKED) *entries) {
  return sk_X509_REVOKED_num(entries);
}

// Reason: a macro that casts the stack's type.
static inline X509_REVOKED *COpenSSL_sk_X509_REVOKED_value(
    const STACK_OF(X509_REVOKED) *entries, int index) {
  return sk_X509_REVOKED_value(entries, index);
}

// Reason: a macro that casts the stack's type. -1 if there is no stack.
static inline int COpenSSL_sk_X509_NAME_num(const STACK_OF(X509_NAME) *names) {
  return sk_X509_NAME_num(names);
}

// Reason: a macro that casts the stack's type.
static inline X509_NAME *COpenSSL_sk_X509_NAME_value(const STACK_OF(X509_NAME) *names, int index) {
  return sk_X509_NAME_value(names, index);
}

// Reason: a macro around SSL_CTX_ctrl.
static inline int COpenSSL_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}

// Reason: a macro around SSL_CTX_ctrl.
static inline int COpenSSL_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

// Reason: a macro around SSL_ctrl that takes the name's address as data.
static inline int COpenSSL_SSL_set_tlsext_host_name(SSL *connection, const char *name) {
  return (int)SSL_set_tlsext_host_name(connection, name);
}

static inline void *COpenSSL_malloc(size_t size, const char *file, int line) {
  (void)file, (void)line;
  return malloc(size);
}

static inline void COpenSSL_wiping_free(void *block, const char *file, int line) {
  (void)file, (void)line;
  if (block) OPENSSL_cleanse(block, malloc_usable_size(block));
  free(block);
}

static inline void *COpenSSL_wiping_realloc(void *block, size_t size, const char *file, int line) {
  if (!block) return malloc(size);
  void *grown = size ? malloc(size) : NULL;
  if (size && !grown) return NULL;
  size_t held = malloc_usable_size(block);
  if (grown) memcpy(grown, block, held < size ? held : size);
  COpenSSL_wiping_free(block, file, line);
  return grown;
}

// Reason: takes pointers to C functions, for which Swift would need a wrapper each.
// Returns 1, or 0 if OpenSSL has allocated memory already.
static inline int COpenSSL_wipe_on_free(void) {
  return CRYPTO_set_mem_functions(
      COpenSSL_malloc, COpenSSL_wiping_realloc, COpenSSL_wiping_free);
}

// Reason: a macro that casts the stack's type.
static inline void COpenSSL_sk_X509_EXTENSION_pop_free(STACK_OF(X509_EXTENSION) *extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
