"""DP-SGD: what a private training may spend, and how much of it is spent.

Abadi et al., "Deep learning with differential privacy", CCS 2016. A step takes each
image with probability q, by a coin of its own (Poisson sampling: a step can have any
number of images, none as well). The gradient of each image is clipped to norm C, and

    g = (Σ clipped gradients + N(0, σ²C²·I)) / B

goes to the optimiser. B is a constant that is fixed before the images are seen. That T
such steps are (ε, δ)-private follows from σ, q and T alone (`latentia.privacy`'s
accounting, by privacy loss distributions).

What a fit with ``privacy`` does with the images, all of it:

===================================  ===================================================
look at the images                   what becomes of it
===================================  ===================================================
gradients                            spent, as above
their number                         public: ``n_images``, or the number that is given
height, width, channels, classes     public; of files and datasets ``size`` and ``mode``
                                     have to be given, or they would be looked up
order and choice of a step's images  secret coins
noise of a VAE's codes, changes of   secret too: they go to images by their places in
a GAN's images (``augment``)         a batch
losses of a step                     not kept: no losses in the history or in metrics
scores, best model, early stopping   not taken: ``validation`` is refused, the last
                                     averaged weights are the model
variance of a VAE's pixels           a public constant, not the batch's error
images, numbers and labels of a      a GAN's generator gets its own noise and random
step in a GAN's generator            classes, as many as the constant B
codes of an RAE, for its prior       spent: a fifth of ε goes to one Gaussian of clipped
                                     codes (`PrivateGaussianMixture`), at the end
codes of a VAE, for its prior        not looked at: the prior is N(0, I)
second stage of a VAE or RAE         left out (``sharpen``)
skill of samples                     not computed
fingerprint of the images            not stored: it would verify a guess of the images
moving average of the weights        post-processing, costs nothing
gradients that are not finite        count as 0; there is no rollback
===================================  ===================================================

Coins come from a generator that is seeded anew for every step by the operating system,
noise from PyTorch's, seeded likewise with 63 bits; neither generator is cryptographic.
Noise is a sum of four draws, so that the gaps between floating-point numbers do not
give it away; sums of gradients are rounded as float32 is, which is not accounted for.

A training that is resumed goes on spending from its checkpoint, whichever images it is
given. Nothing is written between checkpoints that depends on the images, so steps that
a crash has lost were never published.
"""

from __future__ import annotations

from dataclasses import dataclass

from latentia._arguments import check_count, check_real
from latentia.privacy.accounting import check_delta


class BudgetExceededError(ValueError):
    """A step would spend more than the budget; it was not taken.

    Examples
    --------
    >>> from latentia.privacy import BudgetExceededError
    >>> try:
    ...     raise BudgetExceededError("a step would spend more than the budget")
    ... except ValueError as error:  # it is a ValueError
    ...     print(error)
    a step would spend more than the budget
    """


@dataclass(frozen=True)
class DPSGD:
    """Differentially private training, for ``fit(images, privacy=DPSGD(...))``.

    Parameters
    ----------
    epsilon, delta : float
        What the training may spend; δ well below 1/n.
    clip_norm : float, default=1.0
        Norm C to which the gradient of each image is clipped: public, and not to be
        tuned on the private images without counting every trial.
    n_images : int, optional
        A public number of images, from which sampling rate and number of steps follow.
        By default that of the images given, which is then public.
    random_state : int, optional
        Seed of coins and noise, for tests: who knows it can remove the noise. By
        default they come from the entropy of the operating system.

    Raises
    ------
    ValueError, TypeError
        An argument is out of its range.

    References
    ----------
    M. Abadi et al., "Deep learning with differential privacy", CCS 2016.

    Examples
    --------
    >>> from latentia.privacy import DPSGD
    >>> DPSGD(epsilon=8, delta=1e-6).clip_norm
    1.0
    """

    epsilon: float
    delta: float
    clip_norm: float = 1.0
    n_images: int | None = None
    random_state: int | None = None

    def __post_init__(self) -> None:
        check_real(self.epsilon, "epsilon", above=0)
        check_delta(self.delta)
        check_real(self.clip_norm, "clip_norm", above=0)
        if self.n_images is not None:
            check_count(self.n_images, "n_images", least=1)
        if self.random_state is not None:
            check_count(self.random_state, "random_state", least=0)
