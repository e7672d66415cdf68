"""The two networks of nnU-Net v2 as modules whose weights have nnU-Net's names.

Isensee F et al., Nat Methods 2021;18:203–211; residual encoder: MICCAI 2024. Re-implemented to take the weights of
the package dynamic-network-architectures, which itself would bring timm and torchvision. A weight may stand under
two names (``conv`` and ``all_modules.0``), as it does there. Imported only where a network is made, because it
imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

CONVOLUTIONS: dict[int, type[nn.Module]] = {2: nn.Conv2d, 3: nn.Conv3d}
UPSAMPLINGS: dict[int, type[nn.Module]] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
POOLINGS: dict[int, type[nn.Module]] = {2: nn.AvgPool2d, 3: nn.AvgPool3d}
NORMALISATIONS: dict[tuple[str, int], type[nn.Module]] = {
    ("InstanceNorm", 2): nn.InstanceNorm2d,
    ("InstanceNorm", 3): nn.InstanceNorm3d,
    ("BatchNorm", 2): nn.BatchNorm2d,
    ("BatchNorm", 3): nn.BatchNorm3d,
}

Steps = tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """What every convolution of a network shares.

    Attributes:
        dimensions: 2 or 3.
        bias: Whether convolutions have one.
        normalisation: ``InstanceNorm`` or ``BatchNorm``.
        epsilon: Of the normalisation.
        affine: Whether the normalisation learns scale and shift.
        slope: Of the leaky rectifier for negative values.
    """

    dimensions: int
    bias: bool = True
    normalisation: str = "InstanceNorm"
    epsilon: float = 1e-5
    affine: bool = True
    slope: float = 0.01

    def convolution(self, before: int, after: int, kernel: Steps, stride: Steps, *, bias: bool) -> nn.Module:
        padding = tuple((length - 1) // 2 for length in kernel)
        return CONVOLUTIONS[self.dimensions](before, after, kernel, stride, padding, bias=bias)

    def norm(self, features: int) -> nn.Module:
        kind = NORMALISATIONS[self.normalisation, self.dimensions]
        return kind(features, eps=self.epsilon, affine=self.affine)


class ConvolutionUnit(nn.Module):
    """Convolution, normalisation and, if wanted, the leaky rectifier."""

    def __init__(
        self,
        block: Block,
        before: int,
        after: int,
        kernel: Steps,
        stride: Steps,
        *,
        bias: bool,
        active: bool = True,
    ) -> None:
        super().__init__()
        self.conv = block.convolution(before, after, kernel, stride, bias=bias)
        self.norm = block.norm(after)
        parts = [self.conv, self.norm]
        if active:
            self.nonlin = nn.LeakyReLU(block.slope)
            parts.append(self.nonlin)
        self.all_modules = nn.Sequential(*parts)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.all_modules(features)
        return out


class ConvolutionStack(nn.Module):
    """Convolution units in a row, the first of which may stride."""

    def __init__(self, block: Block, count: int, before: int, after: int, kernel: Steps, stride: Steps) -> None:
        super().__init__()
        ones = (1,) * block.dimensions
        self.convs = nn.Sequential(
            *(
                ConvolutionUnit(
                    block, after if unit else before, after, kernel, ones if unit else stride, bias=block.bias
                )
                for unit in range(count)
            )
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.convs(features)
        return out


class ResidualUnit(nn.Module):
    """Two convolutions beside a skip that pools where they stride (ResNet-D)."""

    def __init__(self, block: Block, before: int, after: int, kernel: Steps, stride: Steps) -> None:
        super().__init__()
        ones = (1,) * block.dimensions
        self.conv1 = ConvolutionUnit(block, before, after, kernel, stride, bias=block.bias)
        self.conv2 = ConvolutionUnit(block, after, after, kernel, ones, bias=block.bias, active=False)
        self.nonlin2 = nn.LeakyReLU(block.slope)
        skip: list[nn.Module] = []
        if any(step != 1 for step in stride):
            skip.append(POOLINGS[block.dimensions](stride, stride))
        if before != after:
            skip.append(ConvolutionUnit(block, before, after, ones, ones, bias=False, active=False))
        self.skip = nn.Sequential(*skip)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.nonlin2(self.conv2(self.conv1(features)) + self.skip(features))
        return out


class ResidualStack(nn.Module):
    """Residual units in a row, the first of which may stride."""

    def __init__(self, block: Block, count: int, before: int, after: int, kernel: Steps, stride: Steps) -> None:
        super().__init__()
        ones = (1,) * block.dimensions
        self.blocks = nn.Sequential(
            *(
                ResidualUnit(block, after if unit else before, after, kernel, ones if unit else stride)
                for unit in range(count)
            )
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.blocks(features)
        return out


@dataclass(frozen=True)
class Plan:
    """The architecture as nnU-Net's plans give it.

    Attributes:
        block: What every convolution shares.
        residual: The residual encoder instead of the plain one.
        channels: Input channels.
        classes: Output channels, the background included.
        features: Per stage of the encoder.
        kernels: Per stage.
        strides: Per stage.
        encoder_units: Convolutions, or residual units, per stage.
        decoder_units: Convolutions per stage of the decoder, one stage fewer.
    """

    block: Block
    residual: bool
    channels: int
    classes: int
    features: Sequence[int]
    kernels: Sequence[Steps]
    strides: Sequence[Steps]
    encoder_units: Sequence[int]
    decoder_units: Sequence[int]


class Encoder(nn.Module):
    """From the image to the features of every stage."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        block, before = plan.block, plan.channels
        if plan.residual:
            ones = (1,) * block.dimensions
            self.stem = ConvolutionStack(block, 1, before, plan.features[0], plan.kernels[0], ones)
            before = plan.features[0]
        stages: list[nn.Module] = []
        for number, after in enumerate(plan.features):
            shape = (plan.encoder_units[number], before, after, plan.kernels[number], plan.strides[number])
            stages.append(
                ResidualStack(block, *shape) if plan.residual else nn.Sequential(ConvolutionStack(block, *shape))
            )
            before = after
        self.stages = nn.Sequential(*stages)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        features = self.stem(image) if hasattr(self, "stem") else image
        skips = []
        for stage in self.stages:
            features = stage(features)
            skips.append(features)
        return skips


class Decoder(nn.Module):
    """From the features of every stage back to scores at full resolution."""

    def __init__(self, plan: Plan, encoder: Encoder) -> None:
        super().__init__()
        # nnU-Net's checkpoints hold the encoder a second time here.
        self.encoder = encoder
        block, ones = plan.block, (1,) * plan.block.dimensions
        stages, ups, heads = [], [], []
        for number, units in enumerate(plan.decoder_units):
            here = len(plan.features) - 2 - number
            below, features, stride = plan.features[here + 1], plan.features[here], plan.strides[here + 1]
            ups.append(UPSAMPLINGS[block.dimensions](below, features, stride, stride, bias=block.bias))
            stages.append(ConvolutionStack(block, units, 2 * features, features, plan.kernels[here], ones))
            heads.append(CONVOLUTIONS[block.dimensions](features, plan.classes, 1, 1, 0, bias=True))
        self.stages, self.transpconvs = nn.ModuleList(stages), nn.ModuleList(ups)
        self.seg_layers = nn.ModuleList(heads)

    def forward(self, skips: list[torch.Tensor]) -> torch.Tensor:
        features = skips[-1]
        for number, (up, stage) in enumerate(zip(self.transpconvs, self.stages, strict=True)):
            features = stage(torch.cat([up(features), skips[-2 - number]], 1))
        scores: torch.Tensor = self.seg_layers[-1](features)
        return scores


class UNet(nn.Module):
    """PlainConvUNet or ResidualEncoderUNet."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.encoder = Encoder(plan)
        self.decoder = Decoder(plan, self.encoder)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.decoder(self.encoder(image))
        return scores
