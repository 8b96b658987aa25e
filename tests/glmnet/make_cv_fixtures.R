# Relaxed fits and cross-validation of R's glmnet: run `Rscript make_cv_fixtures.R` in this folder. Layout: README.md.
library(glmnet)
library(survival)
library(jsonlite)
glmnet.control(fdev = 0, devmax = 0.9999999, eps = 1e-10, mnlam = 1, epsnr = 1e-13, mxitnr = 200)

save_case <- function(name, x)
  write_json(c(list(glmnet = as.character(packageVersion("glmnet"))), x), paste0(name, ".json"), digits = I(16), auto_unbox = TRUE)
design <- function(n, p) {
  X <- matrix(rnorm(n * p), n, p)
  round(0.6 * X + 0.8 * X[, c(p, 1:(p - 1))], 3)
}

# ---- relaxed paths: coefficients of gamma = 0 (refit without penalty) and 0.5 ---------------------------------------
relaxed <- function(name, X, y, family, weights) {
  top <- max(glmnet(X, y, family = family, weights = weights, nlambda = 3, lambda.min.ratio = 0.5)$lambda)
  lambda <- top * c(0.8, 0.5, 0.3, 0.15)
  fit <- do.call(glmnet, list(x = X, y = y, family = family, weights = weights, lambda = lambda, relax = TRUE,
                              thresh = 1e-14, maxit = 1e8))  # do.call: relaxing evaluates the call again
  at <- function(gamma) unname(t(as.matrix(predict(fit, type = "coefficients", gamma = gamma, s = lambda))))
  save_case(name, list(X = X, y = y, weights = weights, lambda = lambda, refit = at(0), half = at(0.5)))
}
set.seed(11)
n <- 80; p <- 15
X <- design(n, p); eta <- as.numeric(X[, 1] - 0.7 * X[, 3] + 0.3 * X[, 5])
w <- round(runif(n, 0.3, 2), 3)
relaxed("relaxed_gaussian", X, round(eta + rnorm(n), 3), "gaussian", w)
relaxed("relaxed_binomial", X, rbinom(n, 1, plogis(0.7 * eta)), "binomial", w)
relaxed("relaxed_poisson", X, rpois(n, exp(0.4 * eta)), "poisson", w)

# ---- Cox: partial-likelihood deviance of folds (grouped = TRUE) and concordance ------------------------------------
time <- ceiling(20 * rexp(n, exp(0.6 * eta))) / 4 + 0.25; event <- rbinom(n, 1, 0.7)
foldid <- rep(1:4, length.out = n)
w <- w / ave(w, foldid)  # mean 1 in every part: glmnet scales weights to mean 1 in each deviance, but not in their sum
y <- Surv(time, event)
lambda <- max(glmnet(X, y, family = "cox", weights = w, nlambda = 3, lambda.min.ratio = 0.5)$lambda) * c(0.9, 0.6, 0.4, 0.25)
folds <- function(measure, weights) {
  fit <- cv.glmnet(X, y, family = "cox", weights = weights, foldid = foldid, lambda = lambda, type.measure = measure,
                   thresh = 1e-14, maxit = 1e8)
  list(mean = fit$cvm, se = fit$cvsd)
}
eta_held <- round(eta, 1)
save_case("cv_cox", list(X = X, time = time, event = event, weights = w, folds = foldid, lambda = lambda,
  deviance = folds("deviance", rep(1, n)), deviance_weighted = folds("deviance", w), C = folds("C", rep(1, n)),
  eta = eta_held, concordance = unname(concordance(y ~ eta_held, reverse = TRUE)$concordance),
  concordance_weighted = unname(concordance(y ~ eta_held, reverse = TRUE, weights = w)$concordance),
  concordance_strata = unname(concordance(y ~ eta_held + strata(foldid), reverse = TRUE)$concordance)))
